"""Variances that SyncBatchNorm, which computes them as E[x^2] - E[x]^2 in float32, may find below -eps."""

import math
from collections import deque
from typing import Any, Deque, Dict, Iterable, List, NamedTuple, Tuple

import numpy as np

from nanhunt.backends.margins import OnePass
from nanhunt.backends.reductions import Collector, Values
from nanhunt.watching.early.base import SHOWN, EarlyWarning, Kind, Seen, shown

EPSILON = 2.0**-23
"""Of float32: what E[x^2] can be off by, relative to itself."""

EXPECTED = 1 / 64
"""Channels an iteration: one before this has been looked at four times more."""


class _Queued(NamedTuple):
    place: str
    how: OnePass
    mean: int
    variance: int


class OnePassVariance(Kind):
    """How many channels of a SyncBatchNorm are expected to have, in one iteration, a variance below what rounding makes of it.

    E[x^2] is rounded to mean^2 * 2^-23. If that is not above eps the channel is safe, whatever its variance: with 1e-5 up to a
    mean of 9.16. So a running variance near 0 is harmless in itself, as that of a dead channel is, whose mean is 0 too.

    Else the batch must have a variance below mean^2 * 2^-23 - eps. With n values of normal distribution to a channel, n times
    that variance over the true one is chi-squared with k = n - 1 degrees of freedom, and P(chi^2 < y) is at most
    (y / 2)^(k / 2) / gamma(k / 2 + 1). With thousands of values that comes to variance + eps < mean^2 * 2^-23. With the two of
    a 1x1 branch and a batch of two it happens at ordinary variances: 512 channels of mean 15 and variance 100 have 0.2 an
    iteration.

    It warns when the sum over the channels is above `EXPECTED`. Mean and variance are the running ones, whose initial 0 and 1
    make it silent until the training has moved them.
    """

    name = "one-pass-variance"

    def __init__(self) -> None:
        self._queued: List[_Queued] = []
        self._found: List[Tuple[str, float, int, float, float, OnePass]] = []
        self._trends: Dict[str, Deque[float]] = {}

    def queue(self, collector: Collector, place: str, how: OnePass, mean: Any, variance: Any) -> None:
        """The running statistics of a normalisation called at `place`, float32 (C,)."""
        numbers = [collector.add_values("float32", each, int(each.shape[0])) for each in (mean, variance)]
        self._queued.append(_Queued(place, how, numbers[0], numbers[1]))

    def read(self, values: Values) -> None:
        """What was queued, in an iteration that looked closer."""
        self._found = []
        for place, how, at_mean, at_variance in self._queued:
            read = values[at_mean]
            largest = max(float(read.max()), -float(read.min()))
            if how.count < 2 or not largest * largest * EPSILON > how.epsilon:
                continue
            mean, variance = read.astype("float64"), values[at_variance].astype("float64")
            room = mean * mean * EPSILON - how.epsilon
            chances = chance(room, variance, how.count)
            worst = int(chances.argmax())
            self._trends.setdefault(place, deque(maxlen=SHOWN)).append(float(chances.sum()))
            self._found.append((place, float(chances.sum()), worst, float(mean[worst]), float(variance[worst]), how))

    def look(self, seen: Seen) -> Iterable[EarlyWarning]:
        found = []
        for place, expected, worst, mean, variance, how in self._found:
            if expected >= EXPECTED:
                trend = tuple(self._trends[place])
                text = (
                    "variances may come out below -eps: %s computes E[x^2]-E[x]^2 of %d values; channel %d has running mean "
                    "%.4g and variance %.3g, float32 rounds by %.2g and eps is %.2g; channels to be expected an iteration: %s"
                    % (place, how.count, worst, mean, variance, mean * mean * EPSILON, how.epsilon, shown(trend))
                )
                found.append(EarlyWarning(self.name, place, seen.step, text, trend))
        return found

    def reset(self) -> None:
        """Forget what was queued and not read."""
        self._queued = []


def chance(room: np.ndarray, variance: np.ndarray, count: int) -> np.ndarray:
    """For each channel the most that the chance is of `count` values with a variance below `room`.

    Args:
        variance: expected of so many values, which is (count - 1) / count of the true one.
    """
    half = (count - 1) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        y = (count - 1) * np.maximum(room, 0) / np.maximum(variance, 0)
        logarithm = half * np.log(y / 2) - math.lgamma(half + 1)
    chances: np.ndarray = np.exp(np.minimum(logarithm, 0))
    chances[room <= 0] = 0
    chances[(room > 0) & ~(variance > 0)] = 1
    return np.where(np.isfinite(chances), chances, 0)
