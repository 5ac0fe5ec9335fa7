"""softmax-underflow, log-of-zero, log-of-negative: the argument of a logarithm."""

from typing import Optional, Tuple

import numpy as np

from nanhunt.backends.graph import Node
from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.causes.operands import plain
from nanhunt.diagnose.finding import Fix

LOGS = ("log", "log2", "log10", "log1p")
_OF_DIAGONAL = ("linalg_sumlogdiag", "_linalg_sumlogdiag")


def judge(case: Case) -> Optional[Verdict]:
    """A logarithm whose argument was 0 or below."""
    name = plain(case.node.op)
    if case.phase != "forward" or not case.inputs or not case.outputs:
        return None
    if name in _OF_DIAGONAL:
        return _diagonal(case)
    if name in LOGS and len(case.origin.producer.index) == case.inputs[0].ndim:
        return _elements(case, name)
    return None


def _elements(case: Case, name: str) -> Optional[Verdict]:
    # log1p has its zero at -1.
    zero = -1.0 if name == "log1p" else 0.0
    argument = case.inputs[0]
    index = case.origin.producer.index
    value = float(argument[index])
    if value < zero:
        return Verdict(
            "log-of-negative",
            "%s of %.9g gives nan at %s; %d elements are below %g"
            % (case.node.op, value, case.place(), int((argument < zero).sum()), zero),
            (Fix("keep the argument positive, for example maximum(x, eps), or find out why it went below %g" % zero),),
        )
    if value != zero:
        return None
    found = _underflow(case, argument) if zero == 0 else None
    return found or Verdict(
        "log-of-zero",
        "%s of exactly %g gives -inf at %s; %d elements are %g"
        % (case.node.op, zero, case.place(), int((argument == zero).sum()), zero),
        (Fix("keep the argument away from %g, for example log(x + eps)" % zero),),
    )


def _diagonal(case: Case) -> Optional[Verdict]:
    diagonal = np.diagonal(case.inputs[0], axis1=-2, axis2=-1)
    index = case.origin.producer.index
    row = diagonal[index] if len(index) == diagonal.ndim - 1 else diagonal
    least = float(row.min()) if row.size else 1.0
    if least > 0:
        return None
    cause, gives = ("log-of-negative", "nan") if least < 0 else ("log-of-zero", "-inf")
    return Verdict(
        cause,
        "%s takes the log of %.9g on the diagonal of matrix %s: %s" % (case.node.op, least, list(index), gives),
        (Fix("keep the diagonal positive, for example A + eps * I before the factorisation"),),
    )


def _underflow(case: Case, probability: np.ndarray) -> Optional[Verdict]:
    """Whether the 0 is a softmax that is positive in exact arithmetic: tested on the numbers, along every axis."""
    feeder, index = case.feeder(), case.origin.producer.index
    if feeder is not None and feeder in case.calls.inputs and plain(case.evidence.graph.nodes[feeder].op) == "pick":
        node, (probability, labels) = case.evidence.graph.nodes[feeder], case.calls.inputs[feeder][:2]
        feeder, index = node.inputs[0][0], _before_pick(node, probability.shape, labels, index)
    if feeder is None or not case.calls.inputs.get(feeder):
        return None
    logits = case.calls.inputs[feeder][0].astype(np.float64)
    if logits.shape != probability.shape or not np.isfinite(logits).all():
        return None
    for axis in range(logits.ndim):
        gaps = logits - logits.max(axis=axis, keepdims=True)
        exact = np.exp(gaps)
        exact /= exact.sum(axis=axis, keepdims=True)
        if np.allclose(exact, probability, rtol=1e-3, atol=1e-6):
            gap = -float(gaps[index])
            # Half the smallest subnormal rounds to 0; a kernel that flushes subnormals is there at the smallest normal.
            normal = -float(np.log(np.finfo(probability.dtype).tiny))
            limit = normal - float(np.log(np.finfo(probability.dtype).eps)) + float(np.log(2))
            if gap <= normal:
                continue
            return Verdict(
                "softmax-underflow",
                "logit gap %.1f exceeds %.2f, so softmax underflows to 0 and %s gives -inf at %s (class %d)"
                % (gap, limit if gap > limit else normal, case.node.op, case.place(), index[axis]),
                (
                    Fix("compute log_softmax(logits) in one operator instead of log(softmax(logits))"),
                    Fix("clipping gradients cannot remove it: it acts after the loss is computed"),
                ),
            )
    return None


def _before_pick(node: Node, shape: Tuple[int, ...], labels: np.ndarray, index: Tuple[int, ...]) -> Tuple[int, ...]:
    """Which element of its first input, of that shape, `pick` gave at the index."""
    axis = int(node.attributes.get("axis", "-1")) % len(shape)
    if node.attributes.get("keepdims", "False").lower() in ("true", "1"):
        index = index[:axis] + index[axis + 1 :]
    others = shape[:axis] + shape[axis + 1 :]
    chosen = int(min(max(float(labels.reshape(others)[index[: len(others)]]), 0), shape[axis] - 1))
    return index[:axis] + (chosen,) + index[axis : len(others)]
