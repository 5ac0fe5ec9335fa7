"""gradient-singularity: the value is finite, but its derivative is not, at the edge of the operator's domain."""

from typing import Optional

import numpy as np

from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.causes.gradients import bad_gradient, passed_on
from nanhunt.diagnose.causes.normalisation import epsilon, spread
from nanhunt.diagnose.causes.operands import plain
from nanhunt.diagnose.finding import Fix


def judge(case: Case) -> Optional[Verdict]:
    """Every bad gradient element stands where the derivative has no value in this dtype."""
    if case.phase != "backward" or not case.inputs or not case.outputs:
        return None
    return _of_elements(case) or _of_a_group(case)


def _of_elements(case: Case) -> Optional[Verdict]:
    found = bad_gradient(case)
    if found is None or not found.reduced(found.singular)[~np.isfinite(found.gradient)].all():
        return None
    spot = tuple(int(k) for k in np.argwhere(found.singular & found.bad)[0])
    at = [float(x[spot]) for x in found.operands]
    return Verdict(
        "gradient-singularity",
        "%s of %s is %s but its derivative there is %s, so the gradient %.4g that arrives becomes %s at %s (%d elements on the "
        "edge, all %d bad ones among them)"
        % (
            case.node.op,
            " and ".join("%.6g" % x for x in at),
            "%.6g" % float(case.outputs[0][spot]),
            _derivative(float(found.derivative[spot]), found.gradient.dtype),
            float(found.arrived[spot]),
            case.origin.producer.value,
            list(case.origin.producer.index),
            int(found.singular.sum()),
            int((~np.isfinite(found.gradient)).sum()),
        ),
        (Fix("keep the input off the edge, for example %s(x + eps), with eps at 1e-12 or above" % plain(case.node.op)),),
    )


def _derivative(value: float, dtype: np.dtype) -> str:
    if value != value:
        return "not defined"
    return "infinite" if np.isinf(value) else "%.4g, beyond what %s holds" % (value, np.dtype(dtype).name)


def _of_a_group(case: Case) -> Optional[Verdict]:
    """Operators that look at many elements together: roots of sums of squares, products, normalisations, determinants."""
    found = passed_on(case)
    if found is None or found[0] != 0:
        return None
    gradient, x, y, name = found[1], case.inputs[0], case.outputs[0], plain(case.node.op)
    bad = ~np.isfinite(gradient)
    if gradient.shape != x.shape:
        return None
    if name == "norm" and (x[bad] == 0).all() and (y == 0).any():
        return _verdict(case, "the norm of a group of zeros is 0, and its gradient there is 0/0", "sqrt(sum(x * x) + eps)")
    if name in ("prod", "nanprod") and (x[bad] == 0).all():
        return _verdict(case, "the gradient is computed as product / x, and x is 0 there", "exp(sum(log(x))) or another form")
    if name in ("std", "_np_std") and (y == 0).any():
        return _verdict(case, "the standard deviation of a constant group is 0, and its gradient 0/0", "sqrt(var(x) + eps)")
    if name in ("Pooling", "pooling") and case.node.attributes.get("pool_type") == "lp" and (x[bad] == 0).all():
        return _verdict(case, "the lp norm of a window of zeros is 0, and its gradient there 0/0", "pooling of abs(x) + eps")
    if name in ("_linalg_det", "linalg_det", "det", "_linalg_slogdet", "slogdet") and (case.outputs[-1] == 0).any():
        return _verdict(case, "the determinant is 0, and its gradient takes the inverse of that matrix", "the matrix + eps * I")
    if name in ("_linalg_gelqf", "linalg_gelqf") and (np.diagonal(case.outputs[-1], axis1=-2, axis2=-1) == 0).any():
        return _verdict(case, "the rows are dependent, so its gradient takes the inverse of a singular factor", "A + eps * I")
    groups = spread(case.node, x)
    if groups is not None:
        divisor = np.broadcast_to(groups + epsilon(case.node), x.shape)
        # The backward needs the third power of 1 / sqrt(variance + eps).
        if (divisor[bad] ** 1.5 < 1 / float(np.finfo(gradient.dtype).max)).all():
            return _verdict(
                case,
                "variance + eps is %.3g, and the gradient divides by its power 3/2" % float(divisor[bad].min()),
                "a larger eps (1e-5 is usual)",
            )
    return None


def _verdict(case: Case, reason: str, instead: str) -> Verdict:
    producer = case.origin.producer
    found = passed_on(case)
    at = float(case.inputs[0][producer.index]) if found is not None and len(producer.index) == case.inputs[0].ndim else 0.0
    return Verdict(
        "gradient-singularity",
        "%s is finite but its derivative is not: %s; so the gradient becomes %s at %s, where the input is %.6g "
        "(%d bad elements)" % (case.node.op, reason, producer.value, list(producer.index), at, producer.count),
        (Fix("keep the input off the edge, for example %s" % instead),),
    )
