"""A loss scale that collapses, or that does not help."""

from collections import deque
from typing import Deque, Iterable, List, Optional

from nanhunt.watching.early.base import SHOWN, EarlyWarning, Kind, Seen, shown

LEAST = 2.0
"""One halving from 1, where it lifts nothing any more."""

WINDOW = 64
"""Iterations in which overflows are counted."""

MOST = 24
"""Halvings from 2^24, the largest scale of the usual scalers, to 1. A scale that works comes down from its first value in no
more, and after that tries a larger one every 2000 iterations."""


class LossScale(Kind):
    """The loss scale of `mxnet.contrib.amp`, and gradients that overflow under any.

    It warns when the scale has come down to `LEAST` from above it: gradients overflow then without its doing, and from 1 on
    the next overflow is a finding. And it warns when of the last `WINDOW` iterations more than `MOST` had gradients that
    overflow and that no update was made of, which is more than any scale needs to come down.
    """

    name = "loss-scale"

    def __init__(self) -> None:
        self._scales: List[float] = []
        self._overflows: Deque[int] = deque(maxlen=WINDOW)
        self._total = 0
        self._totals: Deque[float] = deque(maxlen=SHOWN)

    def look(self, seen: Seen) -> Iterable[EarlyWarning]:
        if not seen.overflowed and not self._total and seen.scale is None:
            return ()
        found = []
        self._count(seen.overflowed)
        scale = self._changed(seen.scale)
        if scale is not None and scale <= LEAST < max(self._scales):
            trend = tuple(self._scales[-SHOWN:])
            text = (
                "the loss scale collapses: %s; below 1 it makes small gradients smaller, and an overflow is not its doing"
                % (shown(trend))
            )
            found.append(EarlyWarning(self.name, "scale", seen.step, text, trend))
        if self._total > MOST:
            totals = tuple(self._totals)
            text = "gradients overflow at %d of the last %d iterations, of which no update was made (before: %s)" % (
                self._total,
                len(self._overflows),
                shown(totals[:-1]),
            )
            found.append(EarlyWarning(self.name, "overflows", seen.step, text, totals))
        return found

    def _count(self, overflowed: bool) -> None:
        if not overflowed and not self._total:
            return
        if len(self._overflows) == WINDOW:
            self._total -= self._overflows[0]
        self._overflows.append(int(overflowed))
        self._total += int(overflowed)
        self._totals.append(float(self._total))

    def _changed(self, scale: Optional[float]) -> Optional[float]:
        if scale is not None and (not self._scales or scale != self._scales[-1]):
            self._scales = [*self._scales, float(scale)]
            if len(self._scales) > WINDOW:
                self._scales = [max(self._scales), *self._scales[-SHOWN:]]
        return scale
