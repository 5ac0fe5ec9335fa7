"""`make bench`: what nanhunt costs, as ratios inside one run, with the noise beside them. Exits 0 whatever they are.

python tests/bench/run.py [--quick] [--only ROW]... [--json FILE] [--write docs/benchmarks.md]

Give MXNet the machine to itself. What is measured, and how, stands in docs/benchmarks.md.
"""

import argparse
import json
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]
sys.path = [path for path in sys.path if Path(path).resolve() != Path(__file__).resolve().parent]

from rich.console import Console  # noqa: E402
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: E402

from bench import plot, rendering  # noqa: E402
from bench.benches import BENCHES, Failed, events  # noqa: E402
from bench.rows import COST, Row, missing  # noqa: E402
from bench.settings import Settings  # noqa: E402


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rounds: about twenty minutes on two cores")
    parser.add_argument(
        "--only",
        action="append",
        choices=sorted(BENCHES),
        metavar="ROW",
        help="measure this alone; may be repeated. One of %s" % ", ".join(BENCHES),
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured here")
    parser.add_argument(
        "--write", type=Path, metavar="FILE.md", help="replace this version's section of FILE.md, and its picture beside it"
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds, in place of each measurement's own number")
    parser.add_argument("--crop", type=int, default=Settings.crop, help="of PSPNet; default %(default)s")
    parser.add_argument("--icnet-crop", type=int, default=Settings.icnet_crop, help="of ICNet; default %(default)s")
    parser.add_argument("--backbone", default=Settings.backbone, help="of both; default %(default)s")
    return parser.parse_args(arguments)


def measure(names, settings, console):
    """The rows of all measurements, in their order; of those that fail, a row that says why."""
    rows = []
    columns = TextColumn("{task.description:14}"), BarColumn(), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn()
    with Progress(*columns, console=console) as progress:
        for name in names:
            task = progress.add_task(name, total=1)
            try:
                for event in events(name, settings):
                    if "row" in event:
                        event["row"].pop("verdict")
                        rows.append(Row(**event["row"]))
                    else:
                        progress.update(task, completed=event["done"], total=event["of"])
                ended = "done"
            except Failed as error:
                ended = str(error)
                rows.append(missing(name, COST, name, ended))
            except KeyboardInterrupt:
                rows.append(missing(name, COST, name, "interrupted"))
                break
            progress.stop_task(task)
            if not console.is_terminal:
                console.print("%s: %s" % (name, ended), markup=False)
    return rows


def main():
    options = parse()
    settings = Settings(options.quick, options.crop, options.icnet_crop, options.backbone, options.rounds)
    names = [name for name in BENCHES if not options.only or name in options.only]
    about = next(events("about", settings))["about"]
    begun = time.time()
    rows = measure(names, settings, Console(stderr=True))
    asked = ("--quick" if options.quick else "the full run") + "".join(" --only %s" % name for name in options.only or ())
    console = Console() if Console().is_terminal else Console(width=160)
    console.print(rendering.table(rows, about))
    for note in rendering.notes(rows):
        console.print(note, markup=False, highlight=False)
    console.print("%s, %.0f minutes" % (asked, (time.time() - begun) / 60), highlight=False)
    date = time.strftime("%Y-%m-%d")
    if options.json is not None:
        body = {"date": date, "asked": asked, "about": about, "rows": [row.to_json() for row in rows]}
        options.json.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
    if options.write is not None:
        picture = options.write.with_name("%s-%s.svg" % (options.write.stem, about["mxnet"]))
        plot.draw(rows, about, picture)
        rendering.write(options.write, about["mxnet"], rendering.section(rows, about, date, picture.name, asked))


if __name__ == "__main__":
    main()
