"""What a self-test found, for a terminal of 80 columns, and as JSON."""

import json
from pathlib import Path
from typing import IO, Optional

from rich.table import Table
from rich.text import Text

from nanhunt.errors import NanhuntError
from nanhunt.report.terminal import console, escape
from nanhunt.selftest.result import Outcome, SelfTest


def print_selftest(result: SelfTest, stream: Optional[IO[str]] = None) -> None:
    """A row a fault, then false alarms and the overhead."""
    out = console(stream)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("", "planted", "found", "proof", "where"):
        table.add_column(name, no_wrap=name != "where", overflow="fold")
    for each in result.outcomes:
        mark = Text("ok", "green") if each.good else Text("NO", "bold red") if each.planted else Text("-")
        table.add_row(mark, each.fault, _found(each), each.proof or "-", escape(each.place or "-"))
    out.print()
    out.print(table)
    for each in result.outcomes:
        if each.detected and each.wrong_place:
            out.print(escape("%s: another place than planted: %s" % (each.fault, each.wrong_place)))
        if each.why and not each.detected:
            out.print(escape("%s: %s%s" % (each.fault, "" if each.planted else "not planted: ", each.why)))
    found = sum(each.detected for each in result.outcomes)
    right = sum(each.detected and each.right_cause for each in result.outcomes)
    placed = sum(each.detected and not each.wrong_place for each in result.outcomes)
    number = sum(each.planted for each in result.outcomes)
    left = len(result.outcomes) - number
    out.print()
    words = "%s: %d of %d found, %d with the right cause, %d in the right place" % (
        result.network,
        found,
        number,
        right,
        placed,
    )
    out.print(escape(words + (", %d not planted" % left if left else "")))
    alarms = result.false_alarms
    out.print(
        "clean run of %d iterations: %s" % (result.clean_iterations, escape("; ".join(alarms)) if alarms else "nothing found")
    )
    if result.overhead is not None:
        cost = result.overhead
        out.print(
            "watched / bare iteration: %.3f, quartiles %.3f to %.3f (%d pairs, bare %.3f s)"
            % (cost.median, cost.lower, cost.upper, cost.pairs, cost.bare)
        )


def _found(outcome: Outcome) -> str:
    if not outcome.planted:
        return "not planted"
    if not outcome.detected:
        return "nothing"
    return outcome.cause if outcome.right_cause or not outcome.cause else "%s (!)" % outcome.cause


def write_selftest(path: Path, result: SelfTest) -> None:
    """As JSON; see selftest.schema.json.

    Raises:
        NanhuntError: it cannot be written.
    """
    try:
        path.write_text(json.dumps(result.to_json(), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise NanhuntError("cannot write the self-test to %s: %s; give --json another file" % (path, error.strerror)) from error
