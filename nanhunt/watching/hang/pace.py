"""How long a run may come no further before that is a hang."""

import math
from typing import Union

from nanhunt.errors import UsageError

HangTimeout = Union[str, float]
"""Seconds, 0 for no watchdog, or AUTO."""

AUTO = "auto"

OWN_WORK = "own"
"""Kind of a place: nanhunt's own writing of dumps and checkpoints, which a slow disk may hold up."""

USER = "user"
"""Kind of a place: a debugger, a terminal or pipe that waits for somebody, or another worker, who has a watchdog too."""

FIRST = 300.0
"""Seconds for the first iteration, which compiles, measures and allocates."""

FLOOR = 60.0
TIMES = 20.0
BETWEEN = 300.0
PATIENCE = 5.0
"""How much more time is given to code that is at work."""

OWN = 900.0


class Pace:
    """The limit for each place where a run can stand, from what its iterations have taken so far.

    Args:
        limit: seconds for all of them, or AUTO.
    """

    def __init__(self, limit: HangTimeout) -> None:
        self.seconds = None if limit == AUTO else float(limit)
        self._slowest = 0.0
        self._iterations = 0

    @property
    def least(self) -> float:
        """Below this there is no need to look where it stands."""
        return FLOOR if self.seconds is None else self.seconds

    def iteration(self, seconds: float) -> None:
        """One has ended, of which this was spent between its first operation and its update."""
        if self._iterations:
            self._slowest = max(self._slowest, seconds)
        self._iterations += 1

    def limit(self, kind: str, under_way: bool) -> float:
        """Seconds; infinite where it is never a hang.

        Args:
            kind: one of `diagnose.finding.HANGS`, OWN_WORK or USER.
            under_way: whether an iteration is.
        """
        if kind == USER:
            return math.inf
        if kind == OWN_WORK:
            return max(OWN, self.seconds or 0.0)
        if self.seconds is not None:
            return self.seconds
        if under_way:
            seconds = max(FLOOR, TIMES * self._slowest) if self._iterations else FIRST
            return PATIENCE * seconds if kind == "python" else seconds
        if kind in ("loader", "engine", "barrier"):
            return max(BETWEEN, TIMES * self._slowest)
        return math.inf  # a program may wait or compute between iterations for as long as it likes

    def ends(self, kind: str) -> bool:
        """Whether a run that stands there for longer than its limit is ended.

        Where nobody gave a limit, one that stands outside of the framework is not: a program may have broken off an iteration
        (for an inspection, or at the end of its loop), and wait for a process or compute something since.
        """
        return self.seconds is not None or kind not in ("blocked", "python")


def check(limit: HangTimeout) -> None:
    """Refuse what is no limit.

    Raises:
        UsageError: it is neither AUTO nor a number from 0 on.
    """
    if limit == AUTO:
        return
    if isinstance(limit, str) or not 0 <= limit < math.inf:
        raise UsageError("hang_timeout must be a number of seconds, 0 for none, or 'auto', not %r" % (limit,))
