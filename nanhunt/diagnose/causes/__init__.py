"""From the producer's numbers to a named cause, one file a kind; the first that the evidence proves is taken.

The order, the most specific first:

1. `arrival`: nothing ran. `statistic`: it ran, but what came in was not what it is called.
2. `target`, `excluded`: a label or index that cannot be, whatever arithmetic it led to.
3. `variance`, then `logarithm` (a softmax's underflow before a plain 0): a named formula before the domain of one function.
4. `division`, `infinities`: 0/0 and infinities inside one operator.
5. `domain`: the operands of an elementwise function.
6. `pole`: known, and without a cause of its own.
7. `diverged` before `overflow`: it is an overflow with a history.
8. `masked`, then `veiled`, before `singularity`: it is a singularity that a mask hides, or of a value that was infinite before.
9. `exploding`: by a float64 reference, so after everything that has no finite reference.
10. `kernel`: only what nothing else explains.
"""

from dataclasses import replace
from typing import Optional, Tuple

import numpy as np

from nanhunt.diagnose.causes import (
    arrival,
    diverged,
    division,
    domain,
    excluded,
    exploding,
    infinities,
    kernel,
    logarithm,
    masked,
    overflow,
    pole,
    singularity,
    statistic,
    target,
    variance,
    veiled,
)
from nanhunt.diagnose.causes.base import Case, Verdict

RULES = (
    arrival.judge,
    statistic.judge,
    target.judge,
    excluded.judge,
    variance.judge,
    logarithm.judge,
    division.judge,
    infinities.judge,
    domain.judge,
    pole.judge,
    masked.judge,
    veiled.judge,
    singularity.judge,
    diverged.judge,
    overflow.judge,
    exploding.judge,
    kernel.judge,
)


def judge(case: Case) -> Optional[Verdict]:
    """The cause, or None where no rule has proof."""
    case = _without_masks(case)
    # The rules compute with the numbers that broke the training; NumPy's warnings about them would be noise.
    with np.errstate(all="ignore"):
        for rule in RULES:
            verdict = rule(case)
            if verdict is not None:
                return verdict
    return None


def _without_masks(case: Case) -> Case:
    """The case with 1 for what the producer read that was infinite on purpose, and 0 for what it made of that.

    Only where the rest of what it gave is to be explained: infinities that it made of finite operands, beside a mask.
    """
    operator, node = case.origin.operator, case.origin.node
    fresh = operator.fresh if operator is not None and case.phase == "forward" else None
    if operator is None or fresh is None or fresh.finite or any(facts is not None and facts.nan for facts in operator.outputs):
        return case
    inputs = tuple(np.where(np.isfinite(x), x, 1).astype(x.dtype) if x.dtype.kind == "f" else x for x in case.inputs)
    if not case.outputs or case.outputs[0].shape != fresh.shape:
        return case
    masked = np.zeros(fresh.shape, bool)
    for each in case.inputs:
        masked = masked | ~np.isfinite(each)
    outputs = (np.where(masked, 0, case.outputs[0]).astype(case.outputs[0].dtype), *case.outputs[1:])
    calls = replace(case.calls, inputs={**case.calls.inputs, node: inputs}, outputs={**case.calls.outputs, node: outputs})
    return replace(case, calls=calls)


__all__: Tuple[str, ...] = ("Case", "Verdict", "judge")
