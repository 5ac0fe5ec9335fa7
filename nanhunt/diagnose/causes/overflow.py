"""overflow, exp-overflow: the exact result is finite but beyond the dtype's range."""

from typing import Optional

import numpy as np

from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.finding import Fix


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
    if not np.isfinite(values).all() or not (values > largest * 0.5).all():
        return None
    index = case.origin.producer.index
    widest = max(float(np.abs(x).max()) for x in case.inputs if x.size)
    cause = "exp-overflow" if case.node.op in ("exp", "expm1", "_npi_exp", "_npi_expm1") else "overflow"
    return Verdict(
        cause,
        "%s at %s is %.4g in float64, beyond the %.4g that %s holds; its inputs reach %.4g"
        % (case.node.op, case.place(), float(reference[index]), largest, bad.dtype.name, widest),
        (Fix("find out why the inputs reach %.3g: a lower learning rate, warm-up or clipping gradients before this iteration" % widest),),
    )
