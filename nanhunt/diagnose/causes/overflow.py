"""overflow, exp-overflow: the exact result is finite but beyond the dtype's range."""

from typing import Optional

import numpy as np

from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.finding import Fix


def _sum_of_squares(case: Case) -> Optional[float]:
    """For a normalisation: the largest sum of squares around the mean that a channel needs; None for other operators."""
    if "eps" not in case.node.attributes or len(case.inputs) < 3 or case.inputs[0].ndim < 2:
        return None
    x = case.inputs[0].astype(np.float64)
    axis = int(case.node.attributes.get("axis", 1)) % x.ndim
    others = tuple(k for k in range(x.ndim) if k != axis)
    return float(np.square(x - x.mean(axis=others, keepdims=True)).sum(axis=others).max())


def judge(case: Case) -> Optional[Verdict]:
    """The same operator in float64 on the same inputs is finite and exceeds the largest number of the dtype."""
    if case.origin.producer.phase != "forward" or not case.inputs or not case.outputs:
        return None
    bad = next((y for y in case.outputs if y.dtype.kind == "f" and not np.isfinite(y).all()), None)
    if bad is None or bad.dtype == np.float64:
        return None
    exact = case.reference(case.node, case.inputs)
    if not exact:
        return None
    reference = next((y for y in exact if y.shape == bad.shape), None)
    if reference is None:
        return None
    where = ~np.isfinite(bad)
    largest = float(np.finfo(bad.dtype).max)
    values = np.abs(reference[where])
    squares = _sum_of_squares(case)
    if np.isfinite(reference).all() and squares is not None and squares > largest:
        return Verdict(
            "overflow",
            "%s takes the variance of inputs that reach %.4g: their squares add up to %.4g, beyond the %.4g that %s holds"
            % (case.node.op, float(np.abs(case.inputs[0]).max()), squares, largest, bad.dtype.name),
            (Fix("find out why the inputs grew: a lower learning rate, warm-up or clipping gradients before this iteration"),),
        )
    if not np.isfinite(values).all() or not (values > largest * 0.5).all():
        return None
    index = case.origin.producer.index
    widest = max(float(np.abs(x).max()) for x in case.inputs if x.size)
    cause = "exp-overflow" if case.node.op in ("exp", "expm1", "_npi_exp", "_npi_expm1") else "overflow"
    return Verdict(
        cause,
        "%s at %s is %.4g in float64, beyond the %.4g that %s holds; its inputs reach %.4g"
        % (case.node.op, case.place(), float(reference[index]), largest, bad.dtype.name, widest),
        (
            Fix(
                "find out why the inputs reach %.3g: a lower learning rate, warm-up or clipping gradients before this iteration"
                % widest
            ),
        ),
    )
