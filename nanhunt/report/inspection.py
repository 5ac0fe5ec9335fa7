"""Show an Inspection: progress while it runs, a summary for a terminal of 80 columns, JSON for programs."""

import json
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Callable, Iterator, List, Optional

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from nanhunt.data.checks import CHECKS, ERROR, NOTE, SEVERITIES, WARNING, Problem
from nanhunt.data.inspection import Inspection
from nanhunt.data.listing import skip_line
from nanhunt.report.plain import visible

SHOWN, SHOWN_OF_MANY = 10, 3
"""Problems of one check that the summary names, and where more than MANY would be named in all; the others are counted."""

MANY = 40

_STYLES = {ERROR: "bold red", WARNING: "yellow", NOTE: "dim"}


def _console(stream: Optional[IO[str]], stderr: bool = False) -> Console:
    console = Console(file=stream, stderr=stderr, highlight=False)
    return console if console.is_terminal else Console(file=stream, stderr=stderr, highlight=False, width=80, no_color=True)


class _Rate(ProgressColumn):
    """Images a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} images/s")


@contextmanager
def progress_bar(stream: Optional[IO[str]] = None) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr that the yielded function moves to (done, total); nothing where stderr is no terminal."""
    console = _console(stream, stderr=True)
    if not console.is_terminal:
        yield lambda done, total: None
        return
    columns = (TextColumn("inspecting"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("inspecting", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def print_inspection(inspection: Inspection, json_path: Optional[Path] = None, stream: Optional[IO[str]] = None) -> None:
    """The summary: what was walked, each check's problems (errors first, some of them by name), and the count."""
    console = _console(stream)
    groups = [
        (severity, check, [each for each in inspection.problems if each.check == check.name and each.severity == severity])
        for severity in SEVERITIES
        for check in CHECKS
    ]
    shown = SHOWN if sum(min(len(problems), SHOWN) for _, _, problems in groups) <= MANY else SHOWN_OF_MANY
    for severity, check, problems in groups:
        if problems:
            heading = Text.assemble((f"{severity} ", _STYLES[severity]), (check.name, "bold"), f": {check.advice}")
            console.print(heading, soft_wrap=False)
            console.print(_table(problems[:shown]))
            if len(problems) > shown:
                where = f"all in {json_path}" if json_path is not None else "all with --json FILE"
                console.print(Text(f"  and {len(problems) - shown:,} more, {where}"))
            console.print()
    console.print(Text(_totals(inspection)))


def _table(problems: List[Problem]) -> Table:
    table = Table.grid(padding=(0, 0, 0, 2), pad_edge=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", ratio=1)
    for problem in problems:
        table.add_row(Text(visible(problem.path)), Text(visible(problem.message)))
    return table


def _totals(inspection: Inspection) -> str:
    counts = ", ".join(plural(inspection.count(severity), severity) for severity in SEVERITIES)
    images = plural(inspection.images, "image")
    if not inspection.complete:
        images = f"interrupted after {inspection.images} of {plural(inspection.listed, 'image')}"
    split = "all splits" if inspection.index.split == "all" else f"split {inspection.index.split}"
    return f"{inspection.name}, {split} in {inspection.index.root}\n{images}, {plural(inspection.masks, 'mask')}: {counts}"


def plural(count: int, noun: str, several: str = "") -> str:
    """Such as `1 image`, `1,200 images`."""
    return f"{count:,} {noun if count == 1 else several or noun + 's'}"


def write_inspection(path: Path, inspection: Inspection) -> None:
    """The inspection as JSON. The file is replaced whole.

    Raises:
        NanhuntError: it cannot be written.
    """
    from nanhunt.report.html import write

    write(json.dumps(inspection.to_json(), indent=1) + "\n", path, "--json")


def write_skip(path: Path, inspection: Inspection) -> None:
    """The entries with errors, one a line, each with the reason; `nanhunt train --skip` takes it. The file is replaced whole.

    Raises:
        NanhuntError: it cannot be written.
    """
    found = inspection.skipped()
    lines = [f"# {plural(len(found), 'entry', 'entries')} with errors, of {inspection.images:,} looked at in {inspection.name}"]
    for entry, problems in found.items():
        reasons = sorted({f"{problem.check} {problem.path}" for problem in problems})
        lines.append(f"{skip_line(entry)}  # {visible(', '.join(reasons))}")
    from nanhunt.report.html import write

    write("".join(f"{line}\n" for line in lines), path, "--write-skip")
