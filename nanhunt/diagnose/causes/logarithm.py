"""softmax-underflow, log-of-zero, log-of-negative: the argument of a logarithm."""

from typing import Optional

import numpy as np

from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.finding import Fix

_LOGS = ("log", "log2", "log10", "_npi_log", "_npi_log2", "_npi_log10")


def judge(case: Case) -> Optional[Verdict]:
    """A logarithm whose argument was 0 or below."""
    if case.origin.producer.phase != "forward" or case.node.op not in _LOGS or not case.inputs:
        return None
    argument = case.inputs[0]
    index = case.origin.producer.index
    value = float(argument[index])
    if value < 0:
        return Verdict(
            "log-of-negative",
            "%s of %.9g gives nan at %s; %d elements are below 0"
            % (case.node.op, value, case.place(), int((argument < 0).sum())),
            (Fix("keep the argument positive, for example maximum(x, eps), or find out why it went below 0"),),
        )
    if value != 0:
        return None
    return _underflow(case, argument) or Verdict(
        "log-of-zero",
        "%s of exactly 0 gives -inf at %s; %d elements are 0" % (case.node.op, case.place(), int((argument == 0).sum())),
        (Fix("keep the argument away from 0, for example log(x + eps)"),),
    )


def _underflow(case: Case, probability: np.ndarray) -> Optional[Verdict]:
    """Whether the 0 is a softmax that is positive in exact arithmetic: tested on the numbers, along every axis."""
    feeder = case.feeder()
    if feeder is None or feeder not in case.calls.inputs:
        return None
    logits = case.calls.inputs[feeder][0].astype(np.float64)
    if logits.shape != probability.shape or not np.isfinite(logits).all():
        return None
    index = case.origin.producer.index
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
