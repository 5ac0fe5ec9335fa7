"""The smallest part of a dumped iteration that still has the same producer, and the producer alone."""

from dataclasses import dataclass
from typing import Optional, Tuple

from nanhunt.replay.explain import Explanation
from nanhunt.replay.minimising.alone import Alone, NotAlone, alone
from nanhunt.replay.minimising.base import Reduced, Step, Target
from nanhunt.replay.minimising.crop import Crop
from nanhunt.replay.minimising.operators import Operators
from nanhunt.replay.minimising.samples import Samples
from nanhunt.replay.session import Session

PASSES = (Operators, Samples, Crop)
"""Operators first, because every later run is the shorter for it."""

SECONDS = 300.0
"""After this long no further run is begun."""


@dataclass(frozen=True)
class Minimised:
    """What remained.

    Attributes:
        steps: a row for every pass, the producer alone last.
        reduced: the smallest iteration found.
        alone: the producer by itself; None where it does not show by itself (then its row says why).
    """

    steps: Tuple[Step, ...]
    reduced: Optional[Reduced]
    alone: Optional[Alone]

    @property
    def why_not_alone(self) -> str:
        """Why there is no producer by itself; empty where there is."""
        return "" if self.alone is not None else self.steps[-1].note


def _nothing(why: str) -> "Minimised":
    return Minimised((Step("nothing to minimise", "-", "-", 0, why),), None, None)


def minimise(session: Session, explanation: Explanation, seconds: float = SECONDS, only_alone: bool = False) -> Minimised:
    """Leave out whatever the producer does not need: operators, samples, pixels, then everything but itself.

    Args:
        only_alone: skip what does not make a script smaller.
    """
    origin = explanation.origin
    if origin is None:
        return _nothing("the operator that produced it is not known (cause: %s)" % explanation.finding.cause)
    if origin.operator is None:
        where = "%s %s" % (origin.producer.phase, origin.producer.block or origin.producer.op)
        return _nothing("%s was non-finite before any operator ran on it" % where)
    target = Target(session, origin, seconds)
    steps = []
    reduced: Optional[Reduced] = None
    if not only_alone:
        reduced = Reduced(target.graph)
        if not target.shows(reduced):
            return _nothing("run operator by operator, the iteration does not have this producer")
        for kind in PASSES:
            reduced, step = kind().shrink(target, reduced)
            steps.append(step)
    found: Optional[Alone] = None
    try:
        found, step = alone(target)
        steps.append(step)
    except NotAlone as why:
        steps.append(Step("the producer alone", "-", "-", 0, str(why)))
    return Minimised(tuple(steps), reduced, found)
