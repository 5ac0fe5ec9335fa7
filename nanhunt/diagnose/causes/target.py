"""infeasible-target, bad-label: what the labels ask for cannot be."""

from typing import Optional, Tuple

import numpy as np

from nanhunt.backends.alignment import ALIGNING, Alignment, Target, alignment, impossible
from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.causes.logarithm import LOGS
from nanhunt.diagnose.causes.operands import plain
from nanhunt.diagnose.finding import Fix


def judge(case: Case) -> Optional[Verdict]:
    """A CTC loss, an operator that reads at an index, or a logarithm of what such an index picked."""
    if case.phase not in ("forward", "backward") or not case.inputs:
        return None
    if case.node.op in ALIGNING:
        return _ctc(case)
    return _index(case) if case.phase == "forward" else None


def _ctc(case: Case) -> Optional[Verdict]:
    how = alignment(case.node.op, case.node.attributes, [each.shape for each in case.inputs])
    if how is None:
        return None
    bad = _bad_samples(case)
    found = [each for each in impossible(how, [case.inputs[k] for k in how.inputs]) if each.sample in bad]
    first = next((each for each in found if each.wrong is not None), found[0] if found else None)
    return targets_in_words(case.node.op, how, first, len(found), case.inputs[1].shape[0]) if first is not None else None


def targets_in_words(op: str, how: Alignment, target: Target, count: int, samples: int) -> Verdict:
    """What is wrong with a label of a CTC loss.

    Args:
        target: the first one, of `count` among `samples`.
    """
    others = " (%d of %d samples are so)" % (count, samples)
    if target.wrong is not None:
        padding = "; padding is %d where the blank is the %s class" % (how.padding, how.blank) if target.wrong < 0 else ""
        return Verdict(
            "bad-label",
            "label %d of sample %d has no class: %s has the classes 0 to %d, and reads beside its row for it%s%s"
            % (target.wrong, target.sample, op, how.classes - 1, others, padding),
            (Fix("map the labels into 0 to %d" % (how.classes - 1)),),
        )
    return Verdict(
        "infeasible-target",
        "the label of sample %d has %d symbols and %d repeats next to each other, needs %d steps, and the input has %d: no "
        "path exists, and %s gives a loss of 0 and a gradient that it never computed%s"
        % (
            target.sample,
            target.symbols,
            target.repeats,
            target.symbols + target.repeats,
            target.steps,
            op,
            others,
        ),
        (Fix("leave out samples whose label (with a blank between repeats) is longer than their sequence"),),
    )


def _bad_samples(case: Case) -> Tuple[int, ...]:
    if case.phase == "forward":
        number = case.bad_output() or 0
        array, axis = case.outputs[number], 0
    else:
        passed = case.calls.gradients_out.get(case.origin.node, ())
        if not passed or passed[0] is None:
            return ()
        array, axis = passed[0], 1
    others = tuple(k for k in range(array.ndim) if k != axis)
    return tuple(int(n) for n in np.flatnonzero((~np.isfinite(array)).any(axis=others)))


# Operator to which input is the index, and which axis of the first input it counts along (None: the attribute `axis`).
_READING = {"pick": (1, None), "take": (1, None), "batch_take": (1, 1), "choose_element_0index": (1, 1)}


def _out_of_range(labels: np.ndarray, size: int) -> np.ndarray:
    return np.asarray(~((labels > -1) & (labels < size)))


def _index(case: Case) -> Optional[Verdict]:
    if plain(case.node.op) == "softmax_cross_entropy" and len(case.inputs) == 2:
        wrong = _out_of_range(case.inputs[1], case.inputs[0].shape[1])
        return _label(case, case.inputs[1], wrong, case.node.op, case.inputs[0].shape[1]) if wrong.any() else None
    if plain(case.node.op) not in LOGS:
        return None
    # The logarithm of 0 at an element that a label outside the classes chose, before it or behind it.
    index = case.origin.producer.index
    feeder = case.feeder()
    if feeder is not None and plain(case.evidence.graph.nodes[feeder].op) == "pick" and feeder in case.calls.inputs:
        data, labels = case.calls.inputs[feeder][:2]
        axis = int(case.evidence.graph.nodes[feeder].attributes.get("axis", "-1")) % data.ndim
        wrong = _out_of_range(labels, data.shape[axis]).reshape(case.inputs[0].shape)
        if wrong[~np.isfinite(case.outputs[0])].all():
            return _label(case, labels.reshape(wrong.shape), wrong, "pick", data.shape[axis])
    for reader in case.evidence.graph.consumers().get((case.origin.node, 0), ()):
        node = case.evidence.graph.nodes[reader]
        if plain(node.op) == "negative":
            continue
        if plain(node.op) != "pick" or reader not in case.calls.inputs or len(case.calls.inputs[reader]) < 2:
            continue
        data, labels = case.calls.inputs[reader][:2]
        axis = int(node.attributes.get("axis", "-1")) % data.ndim
        picked = case.calls.outputs[reader][0]
        if picked.size != labels.size or len(index) != data.ndim:
            continue
        wrong = _out_of_range(labels, data.shape[axis])
        if wrong.any() and wrong.ravel()[(~np.isfinite(picked)).ravel()].all() and not np.isfinite(picked).all():
            return _label(case, labels, wrong, node.op, data.shape[axis])
    return None


def _label(case: Case, labels: np.ndarray, wrong: np.ndarray, op: str, size: int) -> Verdict:
    at = tuple(int(k) for k in np.argwhere(wrong)[0]) if wrong.ndim else ()
    return Verdict(
        "bad-label",
        "label %g at %s is outside the %d classes 0 to %d, and %s reads another element for it, where %s gives %s "
        "(%d such labels)"
        % (float(labels[at]), list(at), size, size - 1, op, case.node.op, case.origin.producer.value, int(wrong.sum())),
        (Fix("map the labels into 0 to %d, and mask those to be ignored" % (size - 1)),),
    )
