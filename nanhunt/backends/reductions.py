"""What a tensor is reduced to while an iteration runs, and how all of that is read at its end."""

from abc import ABC, abstractmethod
from typing import Any, NamedTuple, Sequence, Tuple

import numpy as np


class Reduction(NamedTuple):
    """What one tensor was reduced to, queued on its device.

    Attributes:
        values: the framework's float array: non-finite if an element of the tensor is (or, perhaps, only huge).
        size: how many values.
        shape, dtype: the tensor's.
    """

    values: Any
    size: int
    shape: Tuple[int, ...]
    dtype: str


class Values:
    """What was read of an iteration: one 1-D array for each reduction.

    Args:
        hosts: arrays as they were copied.
        places: of each reduction: which of `hosts`, and from where to where in it.

    Attributes:
        finite: whether all of them are.
    """

    def __init__(self, hosts: Sequence[np.ndarray], places: Sequence[Tuple[int, int, int]]) -> None:
        self._hosts = hosts
        self._places = places
        self.finite = all(bool(np.isfinite(each).all()) for each in hosts)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, number: int) -> np.ndarray:
        host, begin, end = self._places[number]
        return self._hosts[host][begin:end]


class Collector(ABC):
    """Gathers the reductions of an iteration, and reads each device once."""

    @abstractmethod
    def add(self, device: str, reduction: Reduction) -> int:
        """One more; its number in `read`."""

    @abstractmethod
    def add_values(self, device: str, dtype: str, values: Any, size: int) -> int:
        """Values of any making, `size` in all; their number in `read`."""

    @abstractmethod
    def read(self) -> Values:
        """All that was added since the last `reset`; waits for the devices."""

    @abstractmethod
    def reset(self) -> None:
        """Forget the iteration."""


class Standing(ABC):
    """The reductions of arrays that stay, and are looked at again and again."""

    @abstractmethod
    def reduce(self) -> Any:
        """One value for each array, in order, as a 1-D tensor on their device; queued."""
