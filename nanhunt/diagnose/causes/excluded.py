"""infeasible-target: what the loss asks for is what the program itself excluded with an infinity."""

from typing import Optional, Set

import numpy as np

from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.causes.operands import plain
from nanhunt.diagnose.deliberate import BY_INDEX, bad_sources, harm_of, on_purpose, sources_of
from nanhunt.diagnose.finding import Fix


def judge(case: Case) -> Optional[Verdict]:
    """Infinities on purpose that the producer took for what the loss is made of."""
    operator = case.origin.operator
    if case.phase != "forward" or operator is None:
        return None
    deliberate = on_purpose(case.evidence)
    sources = bad_sources(case.evidence, operator)
    if plain(case.node.op) in ("sum", "mean") and sources and all(each in deliberate for each in sources):
        return _summed(case, _places(case, deliberate, sources[0]))
    if not sources or harm_of(case.evidence, deliberate, operator) is not None or case.origin.node not in deliberate:
        return None
    value, op = case.origin.producer.value, case.node.op
    chooses = op in BY_INDEX
    places = _places(case, deliberate, case.origin.node)
    if value != "-inf" or not (chooses or _all_bad(case)):
        return _passed_on(case, places)
    return Verdict(
        "infeasible-target",
        "%s gives -inf at %s, because %s: the program put -inf there on purpose (%s), so the target is out of reach whatever "
        "the network gives, and the loss is infinite" % (op, case.place(), _which(case, chooses), places),
        (Fix("leave out samples whose target is excluded, or let what excludes (the mask) spare the target"),),
    )


def _summed(case: Case, places: str) -> Verdict:
    """A sum over masked elements too; MXNet before 1.6 gives NaN for it."""
    x = case.inputs[0]
    return Verdict(
        "unknown",
        "%s adds up %d values of which %d are infinite: the program put them there on purpose (%s), and they belong into no sum"
        % (case.node.op, x.size, int((~np.isfinite(x)).sum()), places),
        (Fix("leave out what is masked before the %s, for example where(mask, x, 0)" % case.node.op),),
    )


def _passed_on(case: Case, places: str) -> Verdict:
    producer = case.origin.producer
    return Verdict(
        "unknown",
        "%s gives %s in %d elements of %s, which reach the loss: it reads infinities that the program put there on purpose (%s)"
        % (case.node.op, producer.value, producer.count, list(producer.shape), places),
        (Fix("leave out what is masked before %s" % case.node.op),),
    )


def _all_bad(case: Case) -> bool:
    """Whether all that the operator compared is -inf at the bad element."""
    index, output = case.origin.producer.index, case.outputs[0] if case.outputs else None
    if output is None:
        return False
    for each in case.inputs:
        if each.dtype.kind == "f" and each.shape == output.shape and not np.isneginf(each[index]) and "max" in case.node.op:
            return False
    return True


def _which(case: Case, chooses: bool) -> str:
    if not chooses:
        return "that is all it has to take it from"
    labels = case.inputs[1 if case.node.op != "Embedding" else 0]
    index = case.origin.producer.index
    if labels.size == case.outputs[0].size and case.outputs[0].shape:
        return "index %g is what it is asked for" % labels.reshape(case.outputs[0].shape)[index]
    return "that is the element that it is asked for"


def _places(case: Case, deliberate: Set[int], node: int) -> str:
    return "; ".join(_named(case, each) for each in sources_of(case.evidence, deliberate, node)[:3])


def _named(case: Case, node: int) -> str:
    each = case.evidence.graph.nodes[node]
    if each.leaf is not None:
        return "the array %s" % each.leaf.name
    return "%s%s" % (each.op, " at %s" % each.source if each.source else "")
