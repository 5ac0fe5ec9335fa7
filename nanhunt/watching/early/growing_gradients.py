"""Gradients that grow by orders of magnitude."""

import math
from typing import Iterable

from nanhunt.watching.early.base import EarlyWarning, Kind, Seen, shown
from nanhunt.watching.early.growth import Growth


class GrowingGradients(Kind):
    """The norm of all gradients together.

    It warns when that is above the norm of all parameters, so that a rate of 1 would take away all that was learnt, and grows
    as `Growth` says. Without the first condition a training that leaves a plateau, where gradients grow from almost nothing by
    a factor an iteration until it is over, would be warned of.
    """

    name = "growing-gradients"

    def __init__(self) -> None:
        self._growth = Growth()

    def look(self, seen: Seen) -> Iterable[EarlyWarning]:
        norm = seen.sizes.gradient_norm()
        if seen.overflowed or not 0 < norm < math.inf:
            return ()
        times = self._growth.add(norm, seen.sizes.parameter_norm)
        if not times:
            return ()
        text = (
            "gradients grow: their norm was %s, now %.2g times the median of the last %d iterations; the largest is of %s"
            % (
                shown(self._growth.trend),
                times,
                self._growth.count,
                seen.sizes.largest_gradient(),
            )
        )
        return (EarlyWarning(self.name, "", seen.step, text, self._growth.trend),)
