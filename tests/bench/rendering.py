"""What was measured as people read it: a table in the terminal, a section of docs/benchmarks.md."""

import re
from pathlib import Path
from typing import Any, Dict, List, Sequence

from rich.table import Table

from bench.rows import COST, INSTEAD, NOISE, SCALING, TITLES, WATCHED, Row, shown

KINDS = (WATCHED, NOISE, INSTEAD, COST, SCALING)
COLUMNS = ("what", "median", "quartiles", "limit", "", "n", "bare")

INTRODUCTION = """# What watching costs

Written by `make bench BENCH_ARGS="--write docs/benchmarks.md"` (MXNet 1.9.1) and `make bench-seed` with the same (MXNet 1.4.1);
each replaces its own section. Every number is a ratio inside one run, unless a unit stands beside it.

- Contenders take turns in one process: bare, watched, bare again, and so on, round after round, each round in another order. A
  ratio is against the mean of the two bare loops of its own round. Median and quartiles are over the rounds.
- The noise is one of the two bare loops against the other. A difference smaller than its quartiles says little.
- An iteration ends with `loss.asnumpy()` and `nd.waitall()`. The first two of a turn (LeNet: five) are not counted, so that
  what was switched on has got going; garbage is not collected meanwhile. Threads are as MXNet chooses them, nothing is pinned.
- Watched is `nanhunt.watch(net, trainer)` with its defaults: all probes.
- `ok?` and `over?`: the limit lies between the quartiles.
- Each measurement has a process of its own. Memory is the peak of resident memory (`VmHWM`) of processes of their own.
- SageMaker Debugger is measured where `smdebug` can be imported, with one sum a tensor as the only thing it saves: the least
  that shows every NaN. smdebug 1.0.34 runs on both versions of MXNet. It needs pandas and psutil, which it does not say, and
  NumPy 1.16 or later by its own account, where MXNet 1.4.1 wants one below 1.15; it runs with the latter.

```
pip install --target FOLDER smdebug pandas psutil numpy==1.23.5    # beside MXNet 1.9.1
pip install --target FOLDER smdebug "pandas<1" psutil              # beside MXNet 1.4.1, and then:
rm -r FOLDER/numpy FOLDER/numpy[-.]*
PYTHONPATH=FOLDER .venv/bin/python tests/bench/run.py              # or .venv-seed; not make, whose pip would look in FOLDER too
```
"""


def table(rows: Sequence[Row], about: Dict[str, Any]) -> Table:
    """All rows, for the terminal; what is over its limit in red."""
    title = "nanhunt %s on MXNet %s, Python %s; %s, %s cores" % tuple(
        about[key] for key in ("nanhunt", "mxnet", "python", "cpu", "cores")
    )
    found = Table(title=title, title_justify="left")
    for name in COLUMNS:
        found.add_column(name, justify="left" if name in ("what", "") else "right", no_wrap=name not in ("what", ""))
    for kind in KINDS:
        for place, row in enumerate(_of(kind, rows)):
            if place == 0:
                found.add_section()
                found.add_row("[bold]%s[/bold]" % TITLES[kind])
            style = {"over": "red", "over?": "yellow", "ok": "green", "ok?": "green"}.get(row.verdict, "")
            cells = [_escaped(cell) for cell in _cells(row)]
            cells[4] = "[%s]%s[/]" % (style, cells[4]) if style else cells[4]
            found.add_row(*cells)
    return found


def notes(rows: Sequence[Row]) -> List[str]:
    """What there is to say of rows, each once."""
    return list(dict.fromkeys("%s: %s." % (row.what, row.note.rstrip(".")) for row in rows if row.note))


def section(rows: Sequence[Row], about: Dict[str, Any], date: str, picture: str, asked: str) -> str:
    """The section of one version of MXNet, in Markdown."""
    lines = [
        "## MXNet %s" % about["mxnet"],
        "",
        "%s, %s, %s cores, threads: %s. Python %s, NumPy %s, GluonCV %s, h5py %s, nanhunt %s (commit %s). Asked for: %s."
        % (
            date,
            about["cpu"],
            about["cores"],
            about["threads"],
            about["python"],
            about["numpy"],
            about["gluoncv"],
            about["h5py"],
            about["nanhunt"],
            about["commit"] or "unknown",
            asked,
        ),
        "",
        "![Ratios with their quartiles against the limits, and the scaling curves](%s)" % picture,
        "",
        "| %s |" % " | ".join(COLUMNS),
        "|---|--:|--:|--:|---|--:|--:|",
    ]
    for kind in KINDS:
        for place, row in enumerate(_of(kind, rows)):
            if place == 0:
                lines.append("| **%s** | | | | | | |" % TITLES[kind])
            cells = [cell.replace("|", "\\|") for cell in _cells(row)]
            cells[4] = "**%s**" % cells[4] if row.over else cells[4]
            lines.append("| %s |" % " | ".join(cells))
    return "\n".join(lines + [""] + ["- " + note for note in notes(rows)]).rstrip() + "\n"


def write(path: Path, version: str, text: str) -> None:
    """Put a section into the file in the place of the version's earlier one; versions from new to old."""
    sections = {version: text}
    if path.exists():
        for part in re.split(r"(?m)^(?=## MXNet )", path.read_text(encoding="utf-8"))[1:]:
            sections.setdefault(part.split("\n", 1)[0][len("## MXNet ") :].strip(), part.rstrip() + "\n")
    ordered = sorted(sections, key=lambda each: [int(n) for n in re.findall(r"\d+", each)], reverse=True)
    path.write_text("\n".join([INTRODUCTION] + [sections[each] for each in ordered]), encoding="utf-8")


def _of(kind: str, rows: Sequence[Row]) -> List[Row]:
    return [row for row in rows if row.kind == kind]


def _cells(row: Row) -> List[str]:
    if not row.measured:
        return [row.what, "not measured", "", "", "", "", ""]
    unit = row.unit
    quartiles = "%s .. %s" % (shown(row.low), shown(row.high)) if row.count > 1 else ""
    return [row.what, shown(row.median, unit), quartiles, row.bound, row.verdict, str(row.count), row.base]


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")
