"""What watching may cost: it is measured while the program runs, and if it is too much, fewer tensors are looked at.

Nothing is dropped unless a budget was asked for. Then, after a few iterations, whole iterations are timed in turn: some with
everything looked at, some with what is never dropped, the inputs, losses, gradients and running statistics. If the difference
is above the budget, each iteration looks at a part of the activations, parameters and optimizer arrays, a different one each
time. No NaN that reaches a loss, a gradient or a statistic gets past unseen by that; one that is hidden may be seen later.

Where the cost is only to be known, some iterations look at everything twice instead, and what the second look takes is what
the first did: nothing is ever dropped for it. The hooks' own Python is not in that.
"""

import time
from statistics import median
from typing import Callable, List, Optional

_WARM_UP = 4
"""Iterations that are not timed: arrays are allocated and kernels chosen in them."""

_PAIRS = 8
"""Iterations of each kind that are timed."""

_AGAIN = 1000
"""Iterations after which it is measured again."""

_MOST_PARTS = 64


class Budget:
    """Decides what an iteration looks at.

    Args:
        limit: as a share of the iteration's time, such as 0.01; None looks at everything and measures nothing.
        notice: told in one line what was measured, and what is dropped.
        clock: seconds.
        measures: measure all the same where there is no limit.

    Attributes:
        measured: the share of an iteration's time that watching took when it was last measured; None before that.
        parts: activations and what stands between iterations are looked at in so many parts, one an iteration.
    """

    def __init__(
        self,
        limit: Optional[float],
        notice: Callable[[str], None],
        clock: Callable[[], float] = time.perf_counter,
        measures: bool = False,
    ) -> None:
        self._limit = limit
        self._measures = measures or limit is not None
        self._notice = notice
        self._clock = clock
        self.parts = 1
        self.measured: Optional[float] = None
        self._turn = 0
        self._restart(_WARM_UP)

    def _restart(self, warm_up: int) -> None:
        self._number = -warm_up
        self._begun: Optional[float] = None
        self._other = False
        self._full: List[float] = []
        self._others: List[float] = []

    def iteration(self) -> None:
        """One begins."""
        if not self._measures:
            return
        now = self._clock()
        if self._number > 0 and self._begun is not None and self._measuring:
            (self._others if self._other else self._full).append(now - self._begun)
            if not self._measuring:
                self._decide()
        self._begun = now
        self._number += 1
        self._turn += 1
        # In the order full, other, other, full: a drift of the machine's speed cancels.
        self._other = self._measuring and self._number % 4 in (2, 3)
        if self._number >= _AGAIN:
            self._restart(0)

    @property
    def _measuring(self) -> bool:
        return len(self._full) + len(self._others) < 2 * _PAIRS

    @property
    def twice(self) -> bool:
        """Whether this iteration looks at everything twice."""
        return self._limit is None and self._other

    def looks_at(self, number: int) -> bool:
        """Whether this iteration looks at the droppable tensor (or group of them) of that number."""
        if self._limit is None:
            return True
        if self._measuring:
            return not self._other
        return (number + self._turn) % self.parts == 0

    def _decide(self) -> None:
        full, others, limit = median(self._full), median(self._others), self._limit
        if limit is None:
            self.measured = max(others - full, 0.0) / full  # less than nothing is noise
            return
        share = full / others - 1.0
        self.measured = share
        before, self.parts = self.parts, 1
        if share > limit:
            self.parts = min(_MOST_PARTS, int(share / limit) + 1)
        measured = "watching all tensors costs %.1f %% of an iteration, by %d timed ones" % (100 * share, 2 * _PAIRS)
        if self.parts > 1:
            self._notice(
                "%s, the budget is %.1f %%: from here on each iteration looks at one in %d of the activations, parameters and "
                "optimizer arrays, in turn, and at all inputs, losses, gradients and running statistics"
                % (measured, 100 * limit, self.parts)
            )
        elif before > 1:
            self._notice("%s, the budget is %.1f %%: all of them are looked at again" % (measured, 100 * limit))
