"""One value of a log through a run: where it went non-finite, and what was before and after. Bounded memory."""

import math
from collections import deque
from dataclasses import dataclass
from typing import Deque, Dict, List, Optional

from nanhunt.logs.curve import Curve
from nanhunt.logs.names import LOSS, NORM, OTHER, RATE, kind_of_name
from nanhunt.logs.reading import Place, Reading

WINDOW = 50
"""Finite values before the first non-finite one that are kept."""
COMPARED = 4096
"""First values that are kept to compare runs with."""
MOST_EPOCHS = 10_000


@dataclass(frozen=True)
class Value:
    """One value, where it stands, and the learning rate last printed by then."""

    place: Place
    line: int
    value: float
    rate: Optional[float] = None

    @property
    def finite(self) -> bool:
        """Whether it is a number."""
        return math.isfinite(self.value)


@dataclass
class BadEpoch:
    """An epoch with non-finite values.

    Attributes:
        before: the last finite value of the epoch before the first bad one; None where the epoch's first value is bad.
        recovered: the first finite value of the same epoch after a bad one.
        healed: the first finite value of a later epoch.
    """

    epoch: Optional[int]
    first: Value
    before: Optional[Value]
    bad: int = 0
    recovered: Optional[Value] = None
    healed: Optional[Value] = None


class Series:
    """All values of one name and phase in one run.

    Attributes:
        count: values; `bad`: non-finite ones.
        before: the last finite values before the first non-finite one, oldest first.
        first: the first non-finite value.
        last: the last value of all; `last_finite`.
        epochs: those with non-finite values, in order.
        epochs_seen: different epochs, those without included.
        stride: most iterations between two values of an epoch.
    """

    def __init__(self, name: str, phase: str) -> None:
        self.name = name
        self.phase = phase
        self.kind = kind_of_name(name)
        self.count = 0
        self.bad = 0
        self.before: Deque[Value] = deque(maxlen=WINDOW)
        self.first: Optional[Value] = None
        self.last: Optional[Value] = None
        self.last_finite: Optional[Value] = None
        self.epochs: List[BadEpoch] = []
        self.epochs_seen = 0
        self.stride = 0
        self.early: Dict[Place, float] = {}
        self.curve = Curve()
        self._open: List[BadEpoch] = []

    @property
    def found(self) -> bool:
        """Whether it went non-finite in a way that counts: a score is nan where nothing was counted, a best value before the
        first, and neither says anything of the training."""
        counts = self.kind in (LOSS, NORM, RATE) or (self.kind == OTHER and bool(self.before))
        return counts and self.first is not None

    def add(self, reading: Reading, value: float, rate: Optional[float]) -> None:
        """The next value."""
        point = Value(reading.place, reading.line, value, rate)
        epoch = reading.place.epoch
        if self.last is None or self.last.place.epoch != epoch:
            self.epochs_seen += 1
        elif reading.place.iteration is not None and self.last.place.iteration is not None:
            self.stride = max(self.stride, reading.place.iteration - self.last.place.iteration)
        self.count += 1
        self.curve.add(point.place, value)
        if len(self.early) < COMPARED:
            self.early.setdefault(point.place, value)
        if point.finite:
            self._finite(point)
        else:
            self._non_finite(point)
        self.last = point

    def _finite(self, point: Value) -> None:
        if self.first is None:
            self.before.append(point)
        for each in self._open:
            if each.epoch == point.place.epoch:
                each.recovered = each.recovered or point
            else:
                each.healed = point
        self._open = [each for each in self._open if each.healed is None]
        self.last_finite = point

    def _non_finite(self, point: Value) -> None:
        self.first = self.first or point
        self.bad += 1
        if self.epochs and self.epochs[-1].epoch == point.place.epoch:
            self.epochs[-1].bad += 1
            return
        same = self.last_finite is not None and self.last_finite.place.epoch == point.place.epoch
        made = BadEpoch(point.place.epoch, point, self.last_finite if same else None, 1)
        if len(self.epochs) < MOST_EPOCHS:
            self.epochs.append(made)
            self._open.append(made)
