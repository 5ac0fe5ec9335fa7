"""What is done to a running program so that it goes non-finite, and what became of it; `Backend.follow` does it."""

from dataclasses import dataclass
from typing import Any, Callable, Optional, Sequence, Tuple

import numpy as np


class NotPlantable(Exception):
    """The program has no place for the fault; the message says why not."""


@dataclass(frozen=True)
class Weights:
    """One parameter or running statistic is given other values before an iteration begins.

    Attributes:
        at: the iteration. In iteration 0 it is done as soon as the array exists.
        choose: which one, out of their names.
        change: the new values, of those that it has. Both may raise NotPlantable.
    """

    at: int
    choose: Callable[[Sequence[str]], str]
    change: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Plant:
    """What is done; a part that is not given leaves the program as it is.

    Attributes:
        at: the iteration, from 0.
        head: of (operators, head): what is differentiated in its place, of the same shape; with the operators called as
            `operators.exp(head)`. Runs under `record`.
        weights: see Weights.
        entering: of a floating array that a network is called with: what it is called with instead, and the changed index.
        label: of (class numbers, number of classes): the same for a loss of class numbers.
        logits: what the input of every softmax is multiplied by whose logarithm is taken later.
        rate: the learning rate of the update.
        may_vanish: the program may make nothing of it, so that it is looked at whether loss or gradients went non-finite.
    """

    at: int
    head: Optional[Callable[[Any, Any], Any]] = None
    weights: Optional[Weights] = None
    entering: Optional[Callable[[np.ndarray], Tuple[np.ndarray, Tuple[int, ...]]]] = None
    label: Optional[Callable[[np.ndarray, int], np.ndarray]] = None
    logits: Optional[float] = None
    rate: Optional[float] = None
    may_vanish: bool = False


@dataclass
class Planted:
    """What became of a Plant.

    Attributes:
        done: whether it was planted.
        why_not: why not.
        name: of the array that was changed.
        index: of the element in it.
        reached: whether the loss or a gradient of the iteration was non-finite, where `may_vanish` asks for that.
    """

    done: bool = False
    why_not: str = ""
    name: str = ""
    index: Tuple[int, ...] = ()
    reached: bool = False


class Follower:
    """Is told of a program's iterations by `Backend.follow`, which counts them as a Hunt does."""

    def begins(self, iteration: int) -> None:
        """The first operation is about to be recorded."""

    def ended(self, iteration: int) -> None:
        """Its update has run, and all that was queued."""

    def cannot(self, why: str) -> None:
        """The program has no iterations that could be followed."""
