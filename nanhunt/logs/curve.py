"""A curve of any length in a few hundred points."""

import math
from dataclasses import dataclass
from typing import List

from nanhunt.logs.reading import Place

MOST = 512


@dataclass
class Stretch:
    """Neighbouring readings, put together.

    Attributes:
        place: of the first.
        count: readings.
        mean: of the finite ones, NaN where there is none.
        bad: non-finite ones.
    """

    place: Place
    count: int
    mean: float
    bad: int


class Curve:
    """Stretches of equal numbers of readings, at most MOST; when they are full, two become one."""

    def __init__(self) -> None:
        self.stretches: List[Stretch] = []
        self._each = 1

    def add(self, place: Place, value: float) -> None:
        """One more reading."""
        new = Stretch(place, 1, value if math.isfinite(value) else math.nan, int(not math.isfinite(value)))
        if self.stretches and self.stretches[-1].count < self._each:
            self.stretches[-1] = _joined(self.stretches[-1], new)
            return
        if len(self.stretches) >= MOST:
            self._each *= 2
            whole = self.stretches
            self.stretches = [_joined(whole[i], whole[i + 1]) for i in range(0, MOST, 2)]
        self.stretches.append(new)


def _joined(a: Stretch, b: Stretch) -> Stretch:
    finite_a, finite_b = a.count - a.bad, b.count - b.bad
    if not finite_a or not finite_b:
        mean = a.mean if finite_a else b.mean
    else:
        part = finite_b / (finite_a + finite_b)
        mean = a.mean * (1 - part) + b.mean * part
    return Stretch(a.place, a.count + b.count, mean, a.bad + b.bad)
