"""How long a log was silent, from the times of its lines."""

import heapq
import itertools
from dataclasses import dataclass
from statistics import median
from typing import List, Optional, Tuple

from nanhunt.logs.reading import Place
from nanhunt.logs.times import elapsed

SHORTEST = 60.0
"""Seconds; a shorter silence is nobody's hang."""
TIMES_USUAL = 10.0
KEPT = 1024
LARGEST = 8
FEWEST = 5


@dataclass(frozen=True)
class Gap:
    """A silence.

    Attributes:
        seconds: its length; `usual`: the median of its kind.
        line: the last line before it.
        boundary: whether an epoch ended in between, where validation and saving have their time.
    """

    seconds: float
    usual: float
    line: int
    before: Place
    after: Place
    boundary: bool


class _Sample:
    """Every n-th of a stream, at most KEPT; n doubles when they are full."""

    def __init__(self) -> None:
        self.values: List[float] = []
        self._every, self._seen = 1, 0

    def add(self, value: float) -> None:
        if self._seen % self._every == 0:
            self.values.append(value)
            if len(self.values) > KEPT:
                self.values = self.values[::2]
                self._every *= 2
        self._seen += 1


class Pace:
    """Takes the times of all lines that have one."""

    def __init__(self) -> None:
        self.first: Optional[float] = None
        self.last: Optional[float] = None
        self._line = 0
        self._place = Place()
        self._within, self._between = _Sample(), _Sample()
        self._largest: List[Tuple[float, int, Tuple[int, Place, Place, bool]]] = []
        self._number = itertools.count()

    def add(self, seconds: float, line: int, place: Place) -> None:
        """The time of a line, and the place that the run has reached with it."""
        if self.last is not None:
            silence = elapsed(self.last, seconds)
            if silence:
                boundary = place.epoch != self._place.epoch
                (self._between if boundary else self._within).add(silence)
                entry = (silence, next(self._number), (self._line, self._place, place, boundary))
                if len(self._largest) < LARGEST:
                    heapq.heappush(self._largest, entry)
                else:
                    heapq.heappushpop(self._largest, entry)
        self.first = seconds if self.first is None else self.first
        self.last, self._line, self._place = seconds, line, place

    @property
    def usual(self) -> Optional[float]:
        """Median time between lines of one epoch, in seconds; None where there are too few."""
        return median(self._within.values) if len(self._within.values) >= FEWEST else None

    def gaps(self) -> List[Gap]:
        """Silences far beyond the usual, in the order of the log."""
        found = []
        for seconds, _, (line, before, after, boundary) in self._largest:
            sample = (self._between if boundary else self._within).values
            if len(sample) < FEWEST:
                continue
            usual = median(sample)
            if seconds >= max(SHORTEST, TIMES_USUAL * usual):
                found.append(Gap(seconds, usual, line, before, after, boundary))
        return sorted(found, key=lambda gap: gap.line)
