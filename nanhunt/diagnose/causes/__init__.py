"""From the producer's numbers to a named cause, one file a kind; the first that the evidence proves is taken.

The order, the most specific first:

1. `arrival`: nothing ran. `statistic`: it ran, but what came in was not what it is called.
2. `target`: a label or index that cannot be, whatever arithmetic it led to.
3. `variance`, then `logarithm` (a softmax's underflow before a plain 0): a named formula before the domain of one function.
4. `division`, `infinities`: 0/0 and infinities inside one operator.
5. `domain`: the operands of an elementwise function.
6. `pole`: known, and without a cause of its own.
7. `diverged` before `overflow`: it is an overflow with a history.
8. `masked` before `singularity`: it is a singularity that a mask hides.
9. `exploding`: by a float64 reference, so after everything that has no finite reference.
10. `kernel`: only what nothing else explains.
"""

from typing import Optional, Tuple

import numpy as np

from nanhunt.diagnose.causes import (
    arrival,
    diverged,
    division,
    domain,
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
)
from nanhunt.diagnose.causes.base import Case, Verdict

RULES = (
    arrival.judge,
    statistic.judge,
    target.judge,
    variance.judge,
    logarithm.judge,
    division.judge,
    infinities.judge,
    domain.judge,
    pole.judge,
    masked.judge,
    singularity.judge,
    diverged.judge,
    overflow.judge,
    exploding.judge,
    kernel.judge,
)


def judge(case: Case) -> Optional[Verdict]:
    """The cause, or None where no rule has proof."""
    # The rules compute with the numbers that broke the training; NumPy's warnings about them would be noise.
    with np.errstate(all="ignore"):
        for rule in RULES:
            verdict = rule(case)
            if verdict is not None:
                return verdict
    return None


__all__: Tuple[str, ...] = ("Case", "Verdict", "judge")
