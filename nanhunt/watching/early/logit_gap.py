"""Logits so far apart that softmax is about to underflow."""

import math
from collections import deque
from typing import Any, Deque, Dict, Iterable, List, NamedTuple, Tuple

from nanhunt.backends.reductions import Collector, Values
from nanhunt.watching.early.base import SHOWN, EarlyWarning, Kind, Seen, shown


class Range(NamedTuple):
    """Of -log p, as far as it goes in one dtype.

    Attributes:
        near: from here on the last bit of p is below the smallest normal number: in float32 2^-126, so that p is 2^-103.
        lost: p itself is, and 0 where subnormal numbers are flushed, as in MXNet's softmax on a CPU; in float16, where they
            seldom are, 1 / p is infinite, the gradient of log.
        zero: p is rounded to 0.
    """

    near: float
    lost: float
    zero: float


RANGES: Dict[str, Range] = {
    # The last bit of half precision is subnormal at p = 1/16 already, which is nothing unusual. p itself is near enough.
    "float16": Range(14 * math.log(2), 16 * math.log(2), 25 * math.log(2)),
    "float32": Range(103 * math.log(2), 126 * math.log(2), 150 * math.log(2)),
    "float64": Range(970 * math.log(2), 1022 * math.log(2), 1075 * math.log(2)),
}
"""In float32: 71.39, 87.34 and 103.97."""


class LogitGap(Kind):
    """The smallest probability whose logarithm the program reads: of those that `pick` takes after log(softmax), or, where
    log(softmax) is multiplied with something, of all, since 0 times -inf is NaN too. Its -log is the gap between the largest
    logit and the one read, and a little more.

    It warns from `Range.near` on, a gap of 71.39 in float32. And it warns when the gap is half of `Range.zero`, is the largest
    of three looks that rose, and would be past `Range.lost` if it grew by the same factor once more. `log_softmax`, and a
    softmax whose logarithm nobody takes, may have any gap. Labels that are no class are passed over.

    Attributes:
        near: the last look has seen half of `Range.near`: then it is worth a look at every iteration.
    """

    name = "logit-gap"

    def __init__(self) -> None:
        self.near = False
        self._queued: List[Tuple[str, str, int]] = []
        self._trends: Dict[str, Deque[float]] = {}

    def queue(self, collector: Collector, place: str, dtype: str, smallest: Any) -> None:
        """The smallest logarithm that an operator called at `place` reads; `dtype` is that of the probabilities."""
        number = collector.add_values("float64" if dtype == "float64" else "float32", smallest, 1)
        self._queued.append((place, dtype, number))

    def read(self, values: Values) -> None:
        """What was queued, in an iteration that looked closer."""
        self.near = False
        gaps: Dict[str, Tuple[float, str]] = {}
        for place, dtype, number in self._queued:
            gap = -float(values[number][0])
            if math.isfinite(gap):
                gaps[place] = max(gaps.get(place, (0.0, dtype)), (gap, dtype))
                self.near = self.near or gap >= RANGES[dtype].near / 2
        self._gaps = gaps
        for place, (gap, _) in gaps.items():
            self._trends.setdefault(place, deque(maxlen=SHOWN)).append(gap)

    _gaps: Dict[str, Tuple[float, str]] = {}

    def look(self, seen: Seen) -> Iterable[EarlyWarning]:
        found = []
        for place, (_, dtype) in self._gaps.items():
            trend = tuple(self._trends[place])
            if _ends(trend, RANGES[dtype]):
                text = (
                    "softmax is about to underflow: -log p read by %s was %s; in %s it can be lost from %.2f on, and from "
                    "%.2f on p is 0 and its log -inf" % (place, shown(trend), dtype, RANGES[dtype].lost, RANGES[dtype].zero)
                )
                found.append(EarlyWarning(self.name, place, seen.step, text, trend))
        return found

    def reset(self) -> None:
        """Forget what was queued and not read."""
        self._queued = []


def _ends(trend: Tuple[float, ...], limits: Range) -> bool:
    gap = trend[-1]
    if gap >= limits.near:
        return True
    rises = len(trend) > 2 and trend[-3] < trend[-2] < gap
    return rises and gap >= limits.zero / 2 and gap * gap / trend[-2] >= limits.lost
