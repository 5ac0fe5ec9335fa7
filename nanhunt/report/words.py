"""A finding, a comparison and the operators around the producer in words, for the terminal and for the page alike."""

from typing import Any, List, Mapping, NamedTuple, Optional, Tuple

from nanhunt.diagnose.defects import KNOWN_DEFECT
from nanhunt.diagnose.evidence import Evidence, OperatorFacts, TensorFacts
from nanhunt.diagnose.finding import Finding, Fix, Producer, Worker
from nanhunt.diagnose.hang import hang_rows
from nanhunt.dump.record import Record
from nanhunt.replay.compare import Comparison
from nanhunt.report.before import recurrence_in_words, run_up_in_words, short

SPREAD = (
    ("loss", "loss"),
    ("gradients", "gradients"),
    ("parameters", "parameters"),
    ("aux", "running statistics"),
    ("optimizer", "optimizer state"),
)

FINITE_HARM = ("bad-label", "infeasible-target")
"""Causes that are told before anything is non-finite."""


def kind_of(finding: Finding) -> str:
    """What kind of finding it is."""
    if finding.hang is not None:
        return "HANG"
    return "BAD LABEL" if finding.cause in FINITE_HARM and not reached(finding) else "NON-FINITE"


def rows_of(finding: Finding) -> List[Tuple[str, str]]:
    """The verdict as (name, words), for any page."""
    if finding.hang is not None:
        return hang_rows(finding, finding.hang)
    at = finding.iteration
    rows = [(kind_of(finding), "epoch %d, iteration %d (step %d)" % (at.epoch, at.iteration, at.step))]
    if finding.worker is not None:
        rows.append(("worker", worker_words(finding.worker)))
        if finding.worker.stopped_with is not None:
            return [("STOPPED", rows[0][1]), rows[1], ("why", finding.why)]
    if finding.producer is not None:
        rows += producer_rows(finding.producer, finding.cause)
    rows.append(("cause", "%s (%s)" % (finding.cause, finding.proof)))
    if finding.why:
        rows.append(("why", finding.why))
    rows.append(("spread", spread_words(finding)))
    if finding.recurrence is not None:
        rows.append(("again", recurrence_in_words(finding.recurrence)))
    if finding.run_up is not None and (finding.run_up.verdict != "unknown" or finding.run_up.since is not None):
        rows.append(("run-up", run_up_in_words(finding.run_up)))
    if finding.chain:
        rows.append(("chain", "  =>  ".join(finding.chain)))
    return rows + [fix_row(fix) for fix in finding.fixes]


def worker_words(worker: Worker) -> str:
    """Which of how many."""
    return "%s of %d (from 0)" % ("not known" if worker.rank is None else worker.rank, worker.size)


def fix_row(fix: Fix) -> Tuple[str, str]:
    """One fix: whether it was tried and cures, and what came out."""
    if not fix.tried:
        return ("defect", fix.do[len(KNOWN_DEFECT) :]) if fix.do.startswith(KNOWN_DEFECT) else ("fix", fix.do)
    return ("cure" if fix.result == "finite" else "no cure", "%s => %s" % (fix.do, fix.result))


def producer_rows(producer: Producer, cause: str) -> List[Tuple[str, str]]:
    """What went bad, where, in which sample, as (name, words)."""
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
        file = ", %s" % producer.file if producer.file else ""
        rows.append(("sample", "row %s of the batch on %s%s" % (producer.sample, producer.device, file)))
    return rows


def _values(producer: Producer) -> str:
    return producer.value if producer.count == 1 else "non-finite values"


def reached(finding: Finding) -> List[str]:
    """What the non-finite value reached, in words."""
    return [words for key, words in SPREAD if getattr(finding.spread, key)]


def spread_words(finding: Finding) -> str:
    """How far it spread, and what is still good."""
    there = reached(finding)
    if there == ["loss"]:
        return "the reported loss only: gradients, parameters and statistics are finite; %s" % _still_good(finding)
    if not there:
        return "nothing is non-finite" if finding.cause in FINITE_HARM else "nothing beyond this tensor"
    clean = [words for key, words in SPREAD if not getattr(finding.spread, key)]
    words = "%s; finite: %s" % (", ".join(there), ", ".join(clean) or "nothing")
    return words if finding.spread.parameters or not _lost(finding) else "%s; %s" % (words, _lost(finding))


def _still_good(finding: Finding) -> str:
    """What is left of the model where all of it is finite."""
    if _lost(finding):
        return _lost(finding)
    if finding.run_up is not None and finding.run_up.verdict == "unknown" and finding.run_up.since is not None:
        return "no NaN or Inf is in the model, but sizes in it left all before them (see run-up)"
    return "the model is not poisoned"


def _lost(finding: Finding) -> str:
    """That the model is of no use although it is finite; empty where nothing says so."""
    if finding.largest_weight is not None:
        return "the weights are finite but have diverged (up to %s)" % short(finding.largest_weight)
    if finding.cause == "diverged" or (finding.run_up is not None and finding.run_up.verdict == "diverged"):
        return "the weights are finite but the run has diverged: go on from an earlier checkpoint"
    return ""


def elsewhere(record: Record, here: Mapping[str, Any]) -> List[str]:
    """Where this machine is not the one that wrote the dump, a sentence each."""
    there, found = record.environment, []
    differing = [key for key in ("mxnet", "numpy", "python", "processor", "variables") if there.get(key) != here.get(key)]
    if differing:
        found.append("this machine differs from the one that wrote it in: %s; bits may differ" % ", ".join(differing))
    if any(name.startswith("gpu") for name in record.batch) and not here.get("gpus"):
        found.append("it ran on GPUs and there are none here: running on the CPU; bits will differ")
    return found


def identity_line(comparison: Comparison) -> str:
    """Whether one run was the same as the recorded iteration, in words."""
    compared = ", ".join(
        "%d %s" % (n, kind if n == 1 or kind == "aux" else _plural(kind)) for kind, n in sorted(comparison.compared.items())
    )
    if comparison.identical:
        return "bit-identical to the recorded iteration (%s compared); loss %s" % (compared, comparison.loss)
    total = sum(comparison.compared.values())
    return "NOT identical: %d of %d tensors differ; loss %s" % (len(comparison.differing), total, comparison.loss)


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


def _range(facts: Optional[TensorFacts]) -> str:
    if facts is None:
        return "-"
    if facts.minimum is None:
        return "none finite"
    return "%.3g..%.3g" % (facts.minimum, facts.maximum if facts.maximum is not None else facts.minimum)
