"""From the producer's numbers to a named cause, one cause a file; the first that the evidence proves is taken."""

from typing import Optional, Tuple

from nanhunt.diagnose.causes import arrival, logarithm, overflow, singularity, variance
from nanhunt.diagnose.causes.base import Case, Verdict

RULES = (arrival.judge, variance.judge, logarithm.judge, overflow.judge, singularity.judge)


def judge(case: Case) -> Optional[Verdict]:
    """The cause, or None where no rule has proof."""
    for rule in RULES:
        verdict = rule(case)
        if verdict is not None:
            return verdict
    return None


__all__: Tuple[str, ...] = ("Case", "Verdict", "judge")
