"""unknown, in so many words: a pole of the gamma function has no cause of its own in the list."""

from typing import Optional

import numpy as np

from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.causes.operands import plain
from nanhunt.diagnose.finding import Fix


def judge(case: Case) -> Optional[Verdict]:
    """gamma or gammaln of 0 or a negative whole number."""
    index = case.origin.producer.index
    if case.phase != "forward" or plain(case.node.op) not in ("gamma", "gammaln") or not case.inputs:
        return None
    if len(index) != case.inputs[0].ndim:
        return None
    x = case.inputs[0].astype(np.float64)
    pole = (x <= 0) & (x == np.floor(x))
    if not pole[index]:
        return None
    return Verdict(
        "unknown",
        "%s of %.6g at %s stands on a pole of the gamma function; %d elements are 0 or a negative whole number"
        % (case.node.op, float(x[index]), case.place(), int(pole.sum())),
        (Fix("keep the argument above 0"),),
    )
