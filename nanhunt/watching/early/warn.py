"""Asks every kind of early warning once an iteration, and tells of each when it begins."""

from collections import deque
from typing import Any, Callable, Deque, Dict, List, Optional, Set, Tuple

from nanhunt.backends.base import Backend
from nanhunt.backends.margins import OnePass
from nanhunt.watching.early.base import EarlyWarning, Kind, Seen
from nanhunt.watching.early.growing_activations import GrowingActivations
from nanhunt.watching.early.growing_gradients import GrowingGradients
from nanhunt.watching.early.logit_gap import LogitGap
from nanhunt.watching.early.loss_scale import LossScale
from nanhunt.watching.early.one_pass_variance import OnePassVariance
from nanhunt.watching.early.sizes import Sizes
from nanhunt.watching.sentinel import Readings

EVERY = 16
"""Iterations from one closer look to the next. In the first ones it is at each power of 2: a run that ends early ends there."""

MOST = 5
"""Warnings of one kind in one run."""

KEPT, KEPT_STEPS = 16, 256
"""Warnings that a dump holds, and of how many iterations before it."""


class EarlyWarnings:
    """All kinds, for one run.

    What is read anyway is looked at in every iteration. What takes further reductions is looked at every `EVERY` iterations:
    these are read by a collector of their own, after the iteration's own read, so that nothing waits for them.

    Args:
        notice: told of each warning in one line.
        sizes: reads those of an iteration, for others too.
    """

    def __init__(self, backend: Backend, notice: Callable[[str], None], sizes: Sizes) -> None:
        self._notice = notice
        self._collector = backend.collector()
        self._gap = LogitGap()
        self._variance = OnePassVariance()
        self._kinds: List[Kind] = [GrowingActivations(), GrowingGradients(), LossScale(), self._gap, self._variance]
        self._sizes = sizes
        self._standing: Set[Tuple[str, str]] = set()
        self._told: Dict[str, int] = {}
        self._recent: Deque[EarlyWarning] = deque(maxlen=KEPT)
        self._count = 0
        self._queued = False

    def begin(self) -> Tuple[bool, bool]:
        """An iteration begins; whether logarithms and one-pass variances are to be told of in it."""
        self._count += 1
        closer = self._count % EVERY == 0 or (self._count < EVERY and self._count & (self._count - 1) == 0)
        return closer or self._gap.near, closer

    def logarithms(self, place: str, dtype: str, smallest: Any) -> None:
        """See `Listener.logarithms`."""
        self._queued = True
        self._gap.queue(self._collector, place, dtype, smallest)

    def one_pass(self, place: str, how: OnePass, mean: Any, variance: Any) -> None:
        """See `Listener.one_pass`."""
        self._queued = True
        self._variance.queue(self._collector, place, how, mean, variance)

    def look(self, step: int, readings: Readings, scale: Optional[float], overflowed: bool) -> None:
        """The iteration was read, and there is no finding in it."""
        if not self._kinds:
            return
        try:
            self._read(readings)
        except Exception as error:  # a run must not end because of what only warns
            self._kinds = []
            self._notice("early warnings are left out from now on (%s: %s)" % (type(error).__name__, error))
            return
        seen = Seen(step, self._sizes, scale, overflowed)
        standing: Set[Tuple[str, str]] = set()
        for kind in list(self._kinds):
            try:
                found = kind.look(seen)
            except Exception as error:  # as above
                self._kinds.remove(kind)
                self._notice("the warning %s is left out from now on (%s: %s)" % (kind.name, type(error).__name__, error))
                continue
            for each in found:
                standing.add((each.kind, each.about))
                if (each.kind, each.about) not in self._standing:
                    self._tell(each)
        self._standing = standing

    def _read(self, readings: Readings) -> None:
        if self._queued:
            values = self._collector.read()
            self._gap.read(values)
            self._variance.read(values)
            self.reset()
        self._sizes.turn_to(readings)

    def recent(self, step: int) -> List[Dict[str, Any]]:
        """Warnings that began shortly before, for a dump."""
        return [each.to_json() for each in self._recent if each.step >= step - KEPT_STEPS] if self._recent else []

    def reset(self) -> None:
        """Forget the iteration."""
        if self._queued:
            self._queued = False
            self._collector.reset()
            self._gap.reset()
            self._variance.reset()

    def _tell(self, warning: EarlyWarning) -> None:
        told = self._told[warning.kind] = self._told.get(warning.kind, 0) + 1
        if told <= MOST:
            self._recent.append(warning)
            last = " [the last warning of this kind in this run]" if told == MOST else ""
            self._notice(str(warning) + last)
