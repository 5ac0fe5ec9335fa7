"""infeasible-target, bad-label: what the labels ask for cannot be."""

from typing import List, Optional, Tuple

import numpy as np

from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.causes.logarithm import LOGS
from nanhunt.diagnose.causes.operands import plain
from nanhunt.diagnose.finding import Fix

_CTC = ("CTCLoss", "ctc_loss")


def judge(case: Case) -> Optional[Verdict]:
    """A CTC loss, an operator that reads at an index, or a logarithm of what such an index picked."""
    if case.phase not in ("forward", "backward") or not case.inputs:
        return None
    if plain(case.node.op) in _CTC:
        return _ctc(case)
    return _index(case) if case.phase == "forward" else None


def _flag(case: Case, key: str) -> bool:
    return case.node.attributes.get(key, "False").lower() in ("true", "1")


def _sequences(case: Case) -> List[Tuple[int, List[int], int]]:
    """For each sample: its number, its label without padding, and how many steps its sequence has."""
    data, label, rest = case.inputs[0], case.inputs[1], list(case.inputs[2:])
    steps = rest.pop(0) if _flag(case, "use_data_lengths") and rest else None
    lengths = rest.pop(0) if _flag(case, "use_label_lengths") and rest else None
    padding = 0 if case.node.attributes.get("blank_label", "first") == "first" else -1
    found = []
    for n in range(min(label.shape[0], data.shape[1])):
        row = [int(each) for each in label[n]]
        if lengths is not None:
            row = row[: int(lengths[n])]
        else:
            row = row[: next((k for k, each in enumerate(row) if each <= padding), len(row))]
        found.append((n, row, int(steps[n]) if steps is not None else data.shape[0]))
    return found


def _ctc(case: Case) -> Optional[Verdict]:
    if len(case.inputs) < 2 or case.inputs[0].ndim != 3 or case.inputs[1].ndim != 2 or not np.isfinite(case.inputs[1]).all():
        return None
    classes = case.inputs[0].shape[2]
    bad = _bad_samples(case)
    sequences = [each for each in _sequences(case) if each[0] in bad]
    for n, row, _ in sequences:
        wrong = [each for each in row if not 0 <= each < classes]
        if wrong:
            return Verdict(
                "bad-label",
                "sample %d has label %d, but %s has the classes 0 to %d" % (n, wrong[0], case.node.op, classes - 1),
                (Fix("map the labels into 0 to %d" % (classes - 1)),),
            )
    for n, row, steps in sequences:
        repeats = sum(a == b for a, b in zip(row, row[1:]))
        if len(row) + repeats > steps:
            return Verdict(
                "infeasible-target",
                "the label of sample %d has %d symbols and %d repeats next to each other, so %s needs %d steps to give it, but "
                "the sequence has %d: no path exists" % (n, len(row), repeats, case.node.op, len(row) + repeats, steps),
                (Fix("leave out samples whose label (with a blank between repeats) is longer than their sequence"),),
            )
    return None


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
