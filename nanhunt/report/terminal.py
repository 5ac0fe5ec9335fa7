"""The verdict, the comparison and the operators around the producer, for a terminal of 80 columns, with or without colour."""

import os
from pathlib import Path
from typing import IO, Any, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from nanhunt.diagnose.defects import KNOWN_DEFECT
from nanhunt.diagnose.evidence import Evidence, OperatorFacts, TensorFacts
from nanhunt.diagnose.finding import Finding, Fix, Producer
from nanhunt.dump.record import Record
from nanhunt.replay.compare import Comparison
from nanhunt.replay.explain import Explanation
from nanhunt.replay.session import Session

_SPREAD = (
    ("loss", "loss"),
    ("gradients", "gradients"),
    ("parameters", "parameters"),
    ("aux", "running statistics"),
    ("optimizer", "optimizer state"),
)


def console(stream: Optional[IO[str]] = None) -> Console:
    """A console on the stream; 80 columns where the width is not known."""
    made = Console(file=stream, highlight=False)
    if made.is_terminal:
        return made
    return Console(file=stream, highlight=False, width=int(os.environ.get("COLUMNS") or 80), no_color=True)


def print_verdict(finding: Finding, dump: Optional[Path], stream: Optional[IO[str]] = None) -> None:
    """What, where, which sample, why, how far it spread, and how to replay it."""
    _rows(
        console(stream),
        rows_of(finding) + ([("replay", "nanhunt replay %s" % dump)] if dump is not None else []),
    )


def print_opening(path: Path, record: Record, here: Mapping[str, Any], stream: Optional[IO[str]] = None) -> None:
    """Which dump this is, and where it differs from the machine that it is replayed on."""
    out = console(stream)
    at, there = record.iteration, record.environment
    place = "%s: epoch %s, iteration %s, step %s" % (path, at.get("epoch"), at.get("iteration"), at.get("step"))
    out.print(escape(place), soft_wrap=True)
    differing = [key for key in ("mxnet", "numpy", "python", "processor", "variables") if there.get(key) != here.get(key)]
    if differing:
        out.print("this machine differs from the one that wrote it in: %s; bits may differ" % ", ".join(differing))
    gpu = [name for name in record.batch if name.startswith("gpu")]
    if gpu and not here.get("gpus"):
        out.print("it ran on GPUs and there are none here: running on the CPU; bits will differ")


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
    _identity(out, runs)
    if explanation.origin is not None and explanation.origin.operator is not None:
        out.print(_table(around(explanation.evidence, explanation.origin.operator), out.width))
    _rows(out, rows_of(explanation.finding))


def _rows(out: Console, rows: Iterable[Tuple[str, str]]) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, escape(value))
    out.print()
    out.print(table)


_FINITE_HARM = ("bad-label", "infeasible-target")
"""Causes that are told before anything is non-finite."""


def rows_of(finding: Finding) -> List[Tuple[str, str]]:
    """The verdict as (name, words), for any page."""
    at = finding.iteration
    title = "BAD LABEL" if finding.cause in _FINITE_HARM and not _reached(finding) else "NON-FINITE"
    rows = [(title, "epoch %d, iteration %d (step %d)" % (at.epoch, at.iteration, at.step))]
    if finding.producer is not None:
        rows += _producer(finding.producer, finding.cause)
    rows.append(("cause", "%s (%s)" % (finding.cause, finding.proof)))
    if finding.why:
        rows.append(("why", finding.why))
    rows.append(("spread", _spread(finding)))
    if finding.chain:
        rows.append(("chain", "  =>  ".join(finding.chain)))
    return rows + [fix_row(fix) for fix in finding.fixes]


def fix_row(fix: Fix) -> Tuple[str, str]:
    """One fix: whether it was tried and cures, and what came out."""
    if not fix.tried:
        return ("defect", fix.do[len(KNOWN_DEFECT) :]) if fix.do.startswith(KNOWN_DEFECT) else ("fix", fix.do)
    return ("cure" if fix.result == "finite" else "no cure", "%s => %s" % (fix.do, fix.result))


def _producer(producer: Producer, cause: str) -> List[Tuple[str, str]]:
    size = "x".join(str(each) for each in producer.shape) or "scalar"
    names = {
        "data": "the batch",
        "parameter": "a parameter",
        "aux": "a running statistic",
        "optimizer": "the optimizer's update",
    }
    what = (
        "%s%s" % (producer.op, " (its gradient)" if producer.phase == "backward" else "")
        if producer.op
        else names.get(producer.phase, producer.phase)
    )
    if not producer.value:
        wrong = "targets out of reach" if cause == "infeasible-target" else "labels out of range"
        rows = [("what", "%s: %d %s in a tensor %s, on %s" % (what, producer.count, wrong, size, producer.device))]
    else:
        rows = [("what", "%s: %d %s in a tensor %s, on %s" % (what, producer.count, _values(producer), size, producer.device))]
    where = ", ".join(each for each in (producer.block, producer.source) if each)
    if producer.index:
        where += "%sfirst at %s" % ("; " if where else "", list(producer.index))
    if where:
        rows.append(("where", where))
    if producer.sample is not None or producer.file:
        rows.append(("sample", "row %s of the batch%s" % (producer.sample, ", %s" % producer.file if producer.file else "")))
    return rows


def _values(producer: Producer) -> str:
    return producer.value if producer.count == 1 else "non-finite values"


def _reached(finding: Finding) -> List[str]:
    return [words for key, words in _SPREAD if getattr(finding.spread, key)]


def _spread(finding: Finding) -> str:
    reached = _reached(finding)
    if reached == ["loss"]:
        return "the reported loss only: gradients, parameters and statistics are finite; the model is not poisoned"
    if not reached:
        return "nothing is non-finite" if finding.cause in _FINITE_HARM else "nothing beyond this tensor"
    clean = [words for key, words in _SPREAD if not getattr(finding.spread, key)]
    return "%s; finite: %s" % (", ".join(reached), ", ".join(clean) or "nothing")


def identity_line(comparison: Comparison) -> str:
    """Whether one run was the same as the recorded iteration, in words."""
    compared = ", ".join(
        "%d %s" % (n, kind if n == 1 or kind == "aux" else _plural(kind)) for kind, n in sorted(comparison.compared.items())
    )
    if comparison.identical:
        return "bit-identical to the recorded iteration (%s compared); loss %s" % (compared, comparison.loss)
    total = sum(comparison.compared.values())
    return "NOT identical: %d of %d tensors differ; loss %s" % (len(comparison.differing), total, comparison.loss)


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
            out.print("the runs vary among themselves in %d tensors, first %s %s (%s)" % ((len(varying), *varying[0])))
        else:
            out.print("all %d runs gave the same bits" % len(runs))


def _plural(kind: str) -> str:
    return kind + ("es" if kind.endswith("s") else "s")


class AroundRow(NamedTuple):
    """One operator near the producer, in words."""

    operator: str
    went_in: str
    came_out: str
    nan: str
    inf: str
    place: str
    producer: bool


def around(evidence: Evidence, producer: OperatorFacts, before: int = 6, after: int = 4) -> List[AroundRow]:
    """The operators that ran before and after the producer, with what went in and what came out."""
    rows = []
    same = [each for each in evidence.operators if each.phase == producer.phase]
    at = next(i for i, each in enumerate(same) if each is producer)
    for each in same[max(0, at - before) : at + after + 1]:
        node = evidence.graph.nodes[each.node]
        rows.append(
            AroundRow(
                operator=node.op + (" backward" if each.phase == "backward" else ""),
                went_in=_range(next((f for f in each.inputs if f is not None), None)),
                came_out=_range(next((f for f in each.outputs if f is not None), None)),
                nan=str(sum(f.nan for f in each.outputs if f is not None) or ""),
                inf=str(sum(f.positive_inf + f.negative_inf for f in each.outputs if f is not None) or ""),
                place=node.block or node.source,
                producer=each is producer,
            )
        )
    return rows


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


def _range(facts: Optional[TensorFacts]) -> str:
    if facts is None:
        return "-"
    if facts.minimum is None:
        return "none finite"
    return "%.3g..%.3g" % (facts.minimum, facts.maximum if facts.maximum is not None else facts.minimum)
