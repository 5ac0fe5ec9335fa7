"""clip-grad: gradient clipping by global norm, which acts once the gradients are there."""

import math
from typing import Optional

from nanhunt.replay.cures.base import Change, ChangesNothing, Situation, Trial
from nanhunt.replay.cures.update import with_clipped_gradient


class ClipGradient(Change):
    """Why it helps or does not is told from the numbers: clipping is one factor on all gradients.

    Attributes:
        limit: the norm.
    """

    name = "clip-grad"
    takes = "NORM"
    summary = "gradients clipped to a global norm"
    words = ("clipping gradients", "gradient clipping", "clip the gradients", "clip gradients")

    def __init__(self, value: Optional[str] = None) -> None:
        super().__init__(value)
        self.limit = self.number("10") or 10.0

    def attempt(self, situation: Situation) -> Trial:
        phase = situation.producer.phase if situation.producer is not None else ""
        if phase == "optimizer":
            did, result = with_clipped_gradient(situation, self.limit)
            return Trial("clip-grad=%g" % self.limit, did, result)
        outcome = situation.baseline()
        where = dict(outcome.bad)
        if "gradients" in where:
            raise ChangesNothing(
                "the gradients are %s before they can be clipped, so their norm is, and no factor makes them finite"
                % where["gradients"]
            )
        norm, limit = outcome.norm, self.limit
        if not math.isfinite(norm):
            raise ChangesNothing("the norm of the gradients overflows before it can be clipped")
        would = "%g leaves them as they are" % limit if norm <= limit else "%g would scale them by %.3g" % (limit, limit / norm)
        raise ChangesNothing(
            "the gradients are finite (norm %.4g; %s), and clipping acts after %s"
            % (norm, would, " and ".join("the " + each for each in where) + " came out")
        )
