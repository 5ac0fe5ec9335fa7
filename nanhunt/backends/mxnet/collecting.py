"""Joins the reductions of an iteration on their devices, so that each device is read once."""

from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from mxnet import autograd

from nanhunt.backends.mxnet.arrays import device_of, flat, size_of
from nanhunt.backends.mxnet.joining import CHANNELS, FLAT, MOST_AT_ONCE, Joiner
from nanhunt.backends.mxnet.reduction import DOT, FLAT_MEANS, MEANS, described, manner, reduce
from nanhunt.backends.reductions import Collector, Looked, Place, Reduction, Values

Group = Tuple[str, str, str, int]
"""Context, dtype and kind (see `Joiner.join`) of what can be joined, and how many rows each has; 0 for those of one axis."""

_TENSORS_AT_ONCE = 7
"""That are reduced by one call: it takes a third of the time of as many calls. Seven products and what joins them take eight
turns, a multiple of four: see `own`."""

_HELD_BYTES = 16 << 20
"""Most memory that such tensors may be held in meanwhile, after the program may have let them go."""

_NOWHERE = Place(None, 0, 0)
"""Of what is not joined yet."""


class _Waiting:
    """Values, or tensors, that are not joined yet, with their numbers and sizes."""

    def __init__(self) -> None:
        self.values: List[Any] = []
        self.numbers: List[int] = []
        self.sizes: List[int] = []
        self.bytes = 0


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
        self._queued: List[Tuple[Any, Sequence[int]]] = []
        for each in self._joiners.values():
            each.restart()

    def look(self, tensor: Any, plain: bool = False, stays: bool = False) -> Optional[Looked]:
        known = described(tensor) if stays else None
        how = manner(known[0], known[1], plain) if known is not None else DOT
        if known is None or (how == DOT and known[1] == "float16"):
            reduction = reduce(tensor, plain)
            return Looked(self.add(reduction), reduction.shape, reduction.dtype) if reduction is not None else None
        shape, dtype = known
        size = 1 if how == DOT else shape[1] if how == MEANS else shape[0] * shape[1]
        group = (device_of(tensor), dtype, how, shape[0] if how == MEANS else 0)
        number = self._wait(group, tensor, size)
        waiting = self._waiting[group]
        waiting.bytes += size_of(shape) * (8 if dtype == "float64" else 4)
        if len(waiting.values) == _TENSORS_AT_ONCE or waiting.bytes > _HELD_BYTES:
            self._join(group)
        return Looked(number, shape, dtype)

    def add(self, reduction: Reduction) -> int:
        dtype = "float64" if reduction.dtype == "float64" else "float32"
        return self._add(dtype, reduction.rows, reduction.values, reduction.size)

    def add_values(self, dtype: str, values: Any, size: int) -> int:
        return self._add(dtype, 0, values, size)

    def elements(self, tensor: Any, most: int) -> Optional[int]:
        known = described(tensor)
        if known is None or known[1] == "float16" or size_of(known[0]) > most:
            return None
        with autograd.pause():
            return self._add(known[1], 0, flat(tensor), size_of(known[0]))

    def flush(self) -> None:
        for group in [each for each in self._waiting if each[2] in (DOT, MEANS, FLAT_MEANS)]:
            self._join(group)

    def read(self) -> Values:
        for group in list(self._waiting):
            self._join(group)
        with autograd.pause():
            self._parts = {of: [self._joiner(of).join(parts)] for of, parts in self._parts.items()}
        return Values({of: parts[0].asnumpy() for of, parts in self._parts.items()}, self._places)

    def queued(self) -> List[Tuple[Any, Sequence[int]]]:
        return list(self._queued)

    def _add(self, dtype: str, rows: int, values: Any, size: int) -> int:
        # Its own context: what an operator makes of an array in pinned memory need not be there too.
        group = (device_of(values), dtype, CHANNELS if rows else FLAT, rows)
        number = self._wait(group, values, size)
        if len(self._waiting[group].values) == MOST_AT_ONCE:
            # Now, while the device is busy: at the end, somebody would wait for it.
            self._join(group)
        return number

    def _wait(self, group: Group, values: Any, size: int) -> int:
        waiting = self._waiting.get(group)
        if waiting is None:
            waiting = self._waiting[group] = _Waiting()
        self._places.append(_NOWHERE)
        waiting.values.append(values)
        waiting.numbers.append(len(self._places) - 1)
        waiting.sizes.append(size)
        return len(self._places) - 1

    def _join(self, group: Group) -> None:
        waiting = self._waiting.pop(group)
        device, dtype, what, rows = group
        of = (device, dtype)
        begin = self._ends.get(of, 0)
        total = sum(waiting.sizes)
        self._ends[of] = begin + total * max(rows, 1)
        for number, size in zip(waiting.numbers, waiting.sizes):
            self._places[number] = Place(of, begin, size, max(rows, 1), total)
            begin += size
        with autograd.pause():
            joined = self._joiner(of).join(waiting.values, what)
        self._parts.setdefault(of, []).append(joined)
        self._queued.append((joined, waiting.numbers))

    def _joiner(self, of: Tuple[str, str]) -> Joiner:
        return self._joiners.setdefault(of, Joiner())


def read(reductions: Sequence[Reduction]) -> List[np.ndarray]:
    """The values of each, 1-D, with one copy to the host for each device and dtype."""
    collector = MXNetCollector()
    for each in reductions:
        collector.add(each)
    values = collector.read()
    return [values[k] for k in range(len(values))]
