"""The verdict, the comparison and the operators around the producer, for a terminal of 80 columns, with or without colour."""

import os
import shlex
from pathlib import Path
from typing import IO, Any, Iterable, Mapping, Optional, Sequence, Tuple

from rich.console import Console
from rich.markup import escape as escape_markup
from rich.table import Table
from rich.text import Text

from nanhunt.diagnose.finding import Finding
from nanhunt.diagnose.hang import stack_lines
from nanhunt.dump.record import Record
from nanhunt.replay.compare import Comparison
from nanhunt.replay.explain import Explanation
from nanhunt.replay.session import Session
from nanhunt.report.plain import visible
from nanhunt.report.words import AroundRow, around, elsewhere, identity_line, rows_of


def escape(text: str) -> str:
    """Text from anywhere, for rich to print as it stands."""
    return escape_markup(visible(text))


class _Console(Console):
    """rich ends the process where its output breaks off; whoever prints decides that here."""

    def on_broken_pipe(self) -> None:
        raise  # noqa: PLE0704  # the BrokenPipeError that it is called for


def console(stream: Optional[IO[str]] = None) -> Console:
    """A console on the stream; 80 columns where the width is not known."""
    made = _Console(file=stream, highlight=False)
    if made.is_terminal:
        return made
    columns = os.environ.get("COLUMNS", "")
    width = max(20, int(columns)) if columns.isdigit() else 80
    return _Console(file=stream, highlight=False, width=width, no_color=True)


def print_verdict(finding: Finding, dump: Optional[Path], stream: Optional[IO[str]] = None) -> None:
    """What, where, which sample, why, how far it spread, and how to replay it; before a hang every thread's stack."""
    if finding.hang is not None:
        for line in stack_lines(finding.hang):
            console(stream).print(escape(line), soft_wrap=True)
    _rows(
        console(stream),
        rows_of(finding) + ([("replay", "nanhunt replay %s" % shlex.quote(str(dump)))] if dump is not None else []),
    )


def print_brief(finding: Finding, notices: Sequence[str], page: Path, stream: Optional[IO[str]] = None) -> None:
    """What a page says, in short, and where it is."""
    out = console(stream)
    kept = [row for row in rows_of(finding) if row[0] not in ("chain", "no cure", "defect")]
    _rows(out, kept)
    for each in notices:
        out.print(escape(each))
    out.print()
    out.print("page: %s" % escape(str(page)), soft_wrap=True)


def print_opening(path: Path, record: Record, here: Mapping[str, Any], stream: Optional[IO[str]] = None) -> None:
    """Which dump this is, and where it differs from the machine that it is replayed on."""
    out = console(stream)
    at = record.iteration
    place = "%s: epoch %s, iteration %s, step %s" % (path, at.get("epoch"), at.get("iteration"), at.get("step"))
    out.print(escape(place), soft_wrap=True)
    for each in elsewhere(record, here):
        out.print(each)


def print_limits(session: Session, stream: Optional[IO[str]] = None) -> None:
    """What of the iteration cannot be run again from the dump, and what stands in for it."""
    out = console(stream)
    if session.python_code:
        names = ", ".join(session.python_code)
        out.print(
            "Python code of the program's own, which no dump can hold: its recorded outputs stand in for %s" % escape(names)
        )
    if session.undrawn:
        names = ", ".join(session.undrawn)
        out.print("not seeded, and draws that cannot be recorded: %s draws others here, so bits may differ" % escape(names))


def print_replay(explanation: Explanation, runs: Sequence[Comparison], stream: Optional[IO[str]] = None) -> None:
    """The outcome of `nanhunt replay`: identity, the operators around the producer, the verdict."""
    out = console(stream)
    if runs:
        _identity(out, runs)
    if explanation.origin is not None and explanation.origin.operator is not None:
        out.print(_table(around(explanation.evidence, explanation.origin.operator), out.width))
    _rows(out, rows_of(explanation.finding))


_STYLES = {"NON-FINITE": "bold red", "HANG": "bold red", "BAD LABEL": "bold red", "cure": "bold green"}


def print_identity(runs: Sequence[Comparison], stream: Optional[IO[str]] = None) -> None:
    """Whether each run was the recorded iteration."""
    _identity(console(stream), runs)


def _rows(out: Console, rows: Iterable[Tuple[str, str]]) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(Text(name, style=_STYLES.get(name, "bold")), escape(value))
    out.print()
    out.print(table)


def _identity(out: Console, runs: Sequence[Comparison]) -> None:
    first = runs[0]
    for number, each in enumerate(runs, 1):
        label = "run %d of %d: " % (number, len(runs)) if len(runs) > 1 else ""
        out.print(Text(label + identity_line(each), style="green" if each.identical else "red"))
        missing = tuple("%s: not produced" % what for what in each.absent)
        for place, what in enumerate((each.differing + missing)[:5]):
            out.print("  %s%s" % ("first: " if place == 0 else "       ", escape(what)))
    if len(runs) > 1:
        varying = sorted(
            {key[:3] for each in runs[1:] for key, value in each.fingerprints.items() if first.fingerprints.get(key) != value}
        )
        if varying:
            out.print(escape("the runs vary among themselves in %d tensors, first %s %s (%s)" % ((len(varying), *varying[0]))))
        else:
            out.print("all %d runs gave the same bits" % len(runs))


def _table(rows: Sequence[AroundRow], width: int) -> Table:
    table = Table(
        title="operators around the first bad tensor", title_justify="left", box=None, pad_edge=False, padding=(0, 1, 0, 0)
    )
    table.add_column("operator", no_wrap=True)
    for name in ("in", "out"):
        table.add_column(name, no_wrap=True)
    for name in ("nan", "inf"):
        table.add_column(name, no_wrap=True, justify="right")
    table.add_column("block", no_wrap=True)
    room = max(14, width - 62)
    for row in rows:
        # Of a long path the end tells most.
        place = row.place if len(row.place) <= room else "\u2026" + row.place[-room + 1 :]
        operator = row.operator if len(row.operator) <= 24 else row.operator[:23] + "\u2026"
        texts = [
            ("> " if row.producer else "  ") + escape(operator),
            row.went_in,
            row.came_out,
            row.nan,
            row.inf,
            escape(place),
        ]
        table.add_row(*texts, style="bold red" if row.producer else None)
    return table
