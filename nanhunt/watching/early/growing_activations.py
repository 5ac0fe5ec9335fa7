"""Activations that grow by orders of magnitude."""

from typing import Iterable

from nanhunt.watching.early.base import EarlyWarning, Kind, Seen, shown
from nanhunt.watching.early.growth import Growth

FLOOR = 88.0
"""exp of it is among the last that are finite in float32 (88.72). Whatever is smaller, no exp makes infinite."""


class GrowingActivations(Kind):
    """The largest activation: of each the root mean square, or the largest mean of a channel, as the sentinel has reduced it.

    It warns when that is above `FLOOR` and grows as `Growth` says. The largest of all, and not each for itself: a branch that
    begins at 0, as a residual one with a gamma of 0 does, may grow as it likes until it dominates the network.
    """

    name = "growing-activations"

    def __init__(self) -> None:
        self._growth = Growth()

    def look(self, seen: Seen) -> Iterable[EarlyWarning]:
        size, owner = seen.sizes.largest_activation()
        times = self._growth.add(size, lambda: FLOOR) if size else 0
        if not times:
            return ()
        text = "activations grow: the largest was %s, now %.2g times the median of the last %d iterations; it is %s" % (
            shown(self._growth.trend),
            times,
            self._growth.count,
            owner,
        )
        return (EarlyWarning(self.name, "", seen.step, text, self._growth.trend),)
