"""What a tensor is reduced to while an iteration runs, and how all of that is read at its end."""

from abc import ABC, abstractmethod
from typing import Any, Hashable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np


class Reduction(NamedTuple):
    """What one tensor was reduced to, queued on its device.

    Attributes:
        values: the framework's float array, 1-D or of shape (N, C, 1, 1): non-finite if an element of the tensor is (or,
            perhaps, only huge).
        size: of its second axis where it has four, else of the only one.
        rows: its N where it has four axes, else 0.
        shape, dtype: the tensor's.
    """

    values: Any
    size: int
    rows: int
    shape: Tuple[int, ...]
    dtype: str


class Looked(NamedTuple):
    """A tensor whose reduction a Collector has queued, or will.

    Attributes:
        number: of its values in `Collector.read`.
        shape, dtype: the tensor's.
    """

    number: int
    shape: Tuple[int, ...]
    dtype: str


class Place(NamedTuple):
    """Where the values of one reduction are among those that were copied.

    Attributes:
        of: which copy.
        begin: where the first row of them begins.
        size: of a row.
        rows: how many.
        stride: from one row to the next.
    """

    of: Hashable
    begin: int
    size: int
    rows: int = 1
    stride: int = 0


class Values:
    """What was read of an iteration: one 1-D array for each reduction.

    Args:
        hosts: 1-D arrays as they were copied, by `Place.of`.

    Attributes:
        finite: whether all of them are.
    """

    def __init__(self, hosts: Mapping[Hashable, np.ndarray], places: Sequence[Place]) -> None:
        self._hosts = hosts
        self._places = places
        self.finite = all(bool(np.isfinite(each).all()) for each in hosts.values())

    def __len__(self) -> int:
        return len(self._places)

    def copied(self) -> Tuple[Mapping[Hashable, np.ndarray], Sequence[Place]]:
        """The arrays as they were copied, and where in them each reduction is: for whoever reads many at once."""
        return self._hosts, self._places

    def __getitem__(self, number: int) -> np.ndarray:
        place = self._places[number]
        host = self._hosts[place.of]
        if place.rows == 1:
            return host[place.begin : place.begin + place.size]
        begins = [place.begin + row * place.stride for row in range(place.rows)]
        return np.concatenate([host[begin : begin + place.size] for begin in begins])


class Collector(ABC):
    """Gathers the reductions of an iteration, and reads each device once."""

    @abstractmethod
    def look(self, tensor: Any, plain: bool = False, stays: bool = False) -> Optional[Looked]:
        """Reduce a tensor; None where it holds neither NaN nor Inf. What is read is what `Backend.reduce` gives, to the bit.

        Args:
            stays: nothing writes into it before the next `flush`, so that it may be reduced together with others.
        """

    @abstractmethod
    def elements(self, tensor: Any, most: int) -> Optional[int]:
        """Read all elements of a floating tensor; their number in `read`. None where they are more than `most`, or in half
        precision or sparse."""

    @abstractmethod
    def flush(self) -> None:
        """Queue what was put off."""

    @abstractmethod
    def add(self, reduction: Reduction) -> int:
        """One more; its number in `read`."""

    @abstractmethod
    def add_values(self, dtype: str, values: Any, size: int) -> int:
        """Values of any making, 1-D and `size` in all; their number in `read`."""

    @abstractmethod
    def read(self) -> Values:
        """All that was added since the last `reset`; waits for the devices."""

    @abstractmethod
    def queued(self) -> List[Tuple[Any, Sequence[int]]]:
        """Arrays as they were queued, and the numbers of the reductions that each holds: one that is computed shows that the
        device has come so far."""

    @abstractmethod
    def reset(self) -> None:
        """Forget the iteration."""


class Standing(ABC):
    """The reductions of arrays that stay, and are looked at again and again."""

    @abstractmethod
    def reduce(self) -> Any:
        """One value for each array, in order, as a 1-D tensor on their device; queued."""
