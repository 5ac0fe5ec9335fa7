"""Joins the reductions of an iteration on their devices, so that each device is read once."""

from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np
from mxnet import autograd

from nanhunt.backends.mxnet.reduction import MOST_AT_ONCE, Joiner
from nanhunt.backends.reductions import Collector, Place, Reduction, Values

Group = Tuple[str, str, int]
"""Context and dtype of values that can be joined, and how many rows they have; 0 for those that have only one axis."""


_NOWHERE = Place(None, 0, 0)
"""Of what is not joined yet."""


class _Waiting(NamedTuple):
    """Values that are not joined yet, their numbers and their sizes."""

    values: List[Any]
    numbers: List[int]
    sizes: List[int]


class MXNetCollector(Collector):
    """See Collector."""

    def __init__(self) -> None:
        self._joiners: Dict[Tuple[str, str], Joiner] = {}
        self.reset()

    def reset(self) -> None:
        self._waiting: Dict[Group, _Waiting] = {}
        self._parts: Dict[Tuple[str, str], List[Any]] = {}
        self._ends: Dict[Tuple[str, str], int] = {}
        self._places: List[Place] = []
        for each in self._joiners.values():
            each.restart()

    def add(self, reduction: Reduction) -> int:
        dtype = "float64" if reduction.dtype == "float64" else "float32"
        return self._add(dtype, reduction.rows, reduction.values, reduction.size)

    def add_values(self, dtype: str, values: Any, size: int) -> int:
        return self._add(dtype, 0, values, size)

    def read(self) -> Values:
        for group in list(self._waiting):
            self._join(group)
        with autograd.pause():
            self._parts = {of: [self._joiner(of).join(parts)] for of, parts in self._parts.items()}
        return Values({of: parts[0].asnumpy() for of, parts in self._parts.items()}, self._places)

    def _add(self, dtype: str, rows: int, values: Any, size: int) -> int:
        # Its own context: what an operator makes of an array in pinned memory need not be there too.
        group = (str(values.context), dtype, rows)
        waiting = self._waiting.get(group)
        if waiting is None:
            waiting = self._waiting[group] = _Waiting([], [], [])
        self._places.append(_NOWHERE)
        waiting.values.append(values)
        waiting.numbers.append(len(self._places) - 1)
        waiting.sizes.append(size)
        if len(waiting.values) == MOST_AT_ONCE:
            # Now, while the device is busy: at the end, somebody would wait for it.
            self._join(group)
        return len(self._places) - 1

    def _join(self, group: Group) -> None:
        waiting = self._waiting.pop(group)
        of, rows = group[:2], group[2]
        begin = self._ends.get(of, 0)
        total = sum(waiting.sizes)
        self._ends[of] = begin + total * max(rows, 1)
        for number, size in zip(waiting.numbers, waiting.sizes):
            self._places[number] = Place(of, begin, size, max(rows, 1), total)
            begin += size
        with autograd.pause():
            joined = self._joiner(of).join(waiting.values, channels=rows > 0)
        self._parts.setdefault(of, []).append(joined)

    def _joiner(self, of: Tuple[str, str]) -> Joiner:
        return self._joiners.setdefault(of, Joiner())


def read(reductions: Sequence[Reduction]) -> List[np.ndarray]:
    """The values of each, 1-D, with one copy to the host for each device and dtype."""
    collector = MXNetCollector()
    for each in reductions:
        collector.add(each)
    values = collector.read()
    return [values[k] for k in range(len(values))]
