"""Contenders in turn, round after round, so that whatever else the machine does meets all of them alike."""

import gc
import time
from dataclasses import dataclass
from typing import Any, Callable, ContextManager, Dict, List, TypeVar

import numpy as np

Name = TypeVar("Name")
Step = Callable[[], Any]
Progress = Callable[[int, int], None]

BARE, AGAIN = "bare", "bare again"
"""The loop as it is stands in every round twice: noise is one against the other, and a ratio is against their mean."""


@dataclass(frozen=True)
class Contender:
    """A way to run the loop.

    Attributes:
        opened: gives the iteration to run; what it switches on is off again when it closes.
        every: it takes part in one round of so many.
    """

    opened: Callable[[], ContextManager[Step]]
    every: int = 1


@dataclass(frozen=True)
class Pace:
    """How long is measured.

    Attributes:
        rounds: how often each contender has its turn.
        warm: iterations at the beginning of a turn that are not counted: what is switched on has to get going.
        measured: iterations that are, in one block.
    """

    rounds: int
    warm: int = 3
    measured: int = 2


def interleave(contenders: Dict[str, Contender], pace: Pace, progress: Progress) -> Dict[str, np.ndarray]:
    """Seconds an iteration by contender, one for each round; NaN in rounds that it had no part in.

    Every round begins with another contender, and every second one goes backwards: none has always the same before it.
    """
    names = list(contenders)
    seconds = {name: np.full(pace.rounds, np.nan) for name in names}
    for number in range(pace.rounds):
        taking_part = [name for name in names if number % contenders[name].every == 0]
        for name in order(taking_part, number):
            with contenders[name].opened() as step:
                seconds[name][number] = block(step, pace)
        progress(number + 1, pace.rounds)
    return seconds


def order(names: List[Name], number: int) -> List[Name]:
    """The order of round `number`."""
    start = number // 2 % len(names)
    turned = names[start:] + names[:start]
    return turned[::-1] if number % 2 else turned


def block(step: Step, pace: Pace) -> float:
    """Seconds an iteration. Garbage is collected before and not meanwhile: it would meet one contender and not the next."""
    for _ in range(pace.warm):
        step()
    gc.collect()
    gc.disable()
    try:
        begun = time.perf_counter()
        for _ in range(pace.measured):
            step()
        return (time.perf_counter() - begun) / pace.measured
    finally:
        gc.enable()


def pace_of(step: Step, rounds: int, seconds: float = 0.4) -> Pace:
    """Turns of about `seconds`: single short iterations are mostly noise."""
    once = block(step, Pace(1, warm=2, measured=2))
    return Pace(rounds, measured=int(min(20, max(2, round(seconds / once)))))


def seconds_of(call: Step) -> float:
    """Seconds of one call."""
    return block(call, Pace(1, warm=0, measured=1))


def ratios(seconds: Dict[str, np.ndarray], name: str) -> np.ndarray:
    """A contender against the bare loop of the same round."""
    bare = (seconds[BARE] + seconds[AGAIN]) / 2 if AGAIN in seconds else seconds[BARE]
    found = seconds[name] / bare
    return found[~np.isnan(found)]


def noise(seconds: Dict[str, np.ndarray]) -> np.ndarray:
    """The bare loop against itself."""
    return seconds[AGAIN] / seconds[BARE]
