"""What minimising tried and what remained, for a terminal."""

from pathlib import Path
from typing import IO, Optional

from rich.markup import escape
from rich.table import Table

from nanhunt.replay.minimise import Minimised
from nanhunt.report.terminal import console


def print_minimised(found: Minimised, stream: Optional[IO[str]] = None) -> None:
    """One row a pass."""
    out = console(stream)
    table = Table(title="what the producer needs", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("before -> after", no_wrap=True)
    table.add_column("runs", no_wrap=True, justify="right")
    table.add_column("", overflow="fold")
    for step in found.steps:
        table.add_row(step.what, "%s -> %s" % (step.before, step.after), str(step.tried), escape(step.note))
    out.print()
    out.print(table)


def print_script(path: Path, data: Path, stream: Optional[IO[str]] = None) -> None:
    """Where the script is, and what belongs to it."""
    console(stream).print(escape("script: %s, its inputs: %s" % (path, data)), soft_wrap=True)
