"""variance-cancellation: a variance computed as E[x^2] - E[x]^2 comes out below -eps."""

from typing import Optional

import numpy as np

from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.finding import Fix


def judge(case: Case) -> Optional[Verdict]:
    """A normalisation with finite input whose output is NaN in channels where the one-pass variance is negative."""
    if case.origin.producer.phase != "forward" or len(case.inputs) < 3 or not case.outputs:
        return None
    x, y = case.inputs[0], case.outputs[0]
    if x.shape != y.shape or x.ndim < 2 or "eps" not in case.node.attributes:
        return None
    eps = float(case.node.attributes["eps"])
    axis = int(case.node.attributes.get("axis", 1))
    others = tuple(k for k in range(x.ndim) if k != axis % x.ndim)
    bad = ~np.isfinite(y).all(axis=others)
    exact = x.astype(np.float64)
    mean, true = exact.mean(axis=others), exact.var(axis=others)
    one_pass = (x * x).mean(axis=others, dtype=x.dtype) - np.square(x.mean(axis=others, dtype=x.dtype))
    # How far rounding can take the one-pass form from the truth: a few ulps of E[x^2].
    slack = 8 * np.finfo(x.dtype).eps * (mean**2 + true)
    explained = bad & (true + eps > 0) & (true - slack < -eps)
    if not bad.any() or not explained[bad].all():
        return None
    channel = int(np.argmax(bad))
    return Verdict(
        "variance-cancellation",
        "channel %d of %s has mean %.5g and true variance %.3g; E[x^2]-E[x]^2 in %s can be off by %.2g "
        "(here about %.3g), below -eps = -%.3g, and its "
        "square root is nan"
        % (channel, case.node.op, mean[channel], true[channel], x.dtype.name, slack[channel], float(one_pass[channel]), eps),
        (
            Fix("use BatchNorm, which computes the variance in two passes, instead of %s" % case.node.op),
            Fix(
                "a larger eps (above %.2g for this channel) or more elements a channel (bigger batch or crop)" % slack[channel]
            ),
        ),
    )
