"""Logits so far apart that softmax is about to underflow."""

import math
from collections import deque
from typing import Deque, Dict, Iterable, List, NamedTuple, Tuple

from nanhunt.backends.reductions import Collector, Values
from nanhunt.watching.early.base import SHOWN, EarlyWarning, Kind, Seen, shown


class _Range(NamedTuple):
    subnormal: float
    zero: float


RANGES: Dict[str, _Range] = {
    "float16": _Range(14 * math.log(2), 25 * math.log(2)),
    "float32": _Range(126 * math.log(2), 150 * math.log(2)),
    "float64": _Range(1022 * math.log(2), 1075 * math.log(2)),
}
"""-log p from which on p is below the smallest normal number, and from which on it is rounded to 0; float32: 87.34, 103.97."""


class LogitGap(Kind):
    """The smallest probability whose logarithm the program reads: of those that `pick` takes after log(softmax), or, where
    log(softmax) is multiplied with something, of all, since 0 times -inf is NaN too. Its -log is the gap between the largest
    logit and the one read, and a little more.

    It warns when that probability is below the smallest normal number of its dtype, a gap of 87.34 in float32: from there it
    loses digit after digit, a processor that flushes such numbers gives 0 already, and at 103.97 all do. And it warns when the
    gap is half of 103.97, has grown from look to look three times, and would be past 87.34 if it grew by the same factor once
    more. `log_softmax`, and a softmax whose logarithm nobody takes, may have any gap. Labels that are no class are passed over.

    Attributes:
        near: the last look has seen half of 87.34: then it is worth a look at every iteration.
    """

    name = "logit-gap"

    def __init__(self) -> None:
        self.near = False
        self._queued: List[Tuple[str, str, int]] = []
        self._trends: Dict[str, Deque[float]] = {}

    def queue(self, collector: Collector, device: str, place: str, dtype: str, smallest: object) -> None:
        """The smallest logarithm that an operator called at `place` reads; `dtype` is that of the probabilities."""
        number = collector.add_values(device, "float64" if dtype == "float64" else "float32", smallest, 1)
        self._queued.append((place, dtype, number))

    def read(self, values: Values) -> None:
        """What was queued, in an iteration that looked closer."""
        self.near = False
        gaps: Dict[str, Tuple[float, str]] = {}
        for place, dtype, number in self._queued:
            gap = -float(values[number][0])
            if math.isfinite(gap):
                gaps[place] = max(gaps.get(place, (0.0, dtype)), (gap, dtype))
                self.near = self.near or gap >= RANGES[dtype].subnormal / 2
        self._gaps = gaps
        for place, (gap, _) in gaps.items():
            self._trends.setdefault(place, deque(maxlen=SHOWN)).append(gap)

    _gaps: Dict[str, Tuple[float, str]] = {}

    def look(self, seen: Seen) -> Iterable[EarlyWarning]:
        found = []
        for place, (_, dtype) in self._gaps.items():
            trend = tuple(self._trends[place])
            if _ends(trend, RANGES[dtype]):
                text = "softmax is about to underflow: -log p read by %s was %s; from %.2f on p is 0 in %s and its log -inf" % (
                    place,
                    shown(trend),
                    RANGES[dtype].zero,
                    dtype,
                )
                found.append(EarlyWarning(self.name, place, seen.step, text, trend))
        return found

    def reset(self) -> None:
        """Forget what was queued and not read."""
        self._queued = []


def _ends(trend: Tuple[float, ...], limits: _Range) -> bool:
    gap = trend[-1]
    if gap >= limits.subnormal:
        return True
    rises = len(trend) > 2 and trend[-3] < trend[-2] < gap
    return rises and gap >= limits.zero / 2 and gap * gap / trend[-2] >= limits.subnormal
