"""bad-statistic: a running variance that is no variance, although it is a finite number."""

from typing import Optional

import numpy as np

from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.causes.normalisation import axes_of, epsilon
from nanhunt.diagnose.causes.operands import plain
from nanhunt.diagnose.finding import Fix


def judge(case: Case) -> Optional[Verdict]:
    """A BatchNorm that uses its running statistics, with NaN in just the channels whose running variance + eps is negative."""
    number = case.bad_output()
    if case.phase != "forward" or number != 0 or len(case.inputs) < 5 or "atch" not in plain(case.node.op):
        return None
    x, y, variance = case.inputs[0], case.outputs[0], case.inputs[4]
    axes = axes_of(case.node, x.ndim)
    if axes is None or y.shape != x.shape or variance.ndim != 1:
        return None
    fixed = case.node.attributes.get("use_global_stats", "False").lower() in ("true", "1")
    bad = ~np.isfinite(y).all(axis=axes)
    if (case.node.train and not fixed) or bad.shape != variance.shape:
        return None
    negative = variance.astype(np.float64) + epsilon(case.node) <= 0
    if not negative[bad].all():
        return None
    channel = int(np.argmax(bad))
    return Verdict(
        "bad-statistic",
        "the running variance of channel %d is %.6g, which no variance is: %s takes the root of it plus eps = %g (%d of %d "
        "channels are so)"
        % (channel, float(variance[channel]), case.node.op, epsilon(case.node), int(negative.sum()), negative.size),
        (Fix("load the running statistics anew, or let them settle again from 1 with a few iterations in training mode"),),
    )
