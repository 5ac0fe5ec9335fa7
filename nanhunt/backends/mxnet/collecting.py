"""Joins the reductions of an iteration on their devices, so that each device is read once."""

from typing import Any, Dict, List, Sequence, Tuple

import numpy as np
from mxnet import autograd

from nanhunt.backends.mxnet.reduction import MOST_AT_ONCE, Joiner
from nanhunt.backends.reductions import Collector, Reduction, Values

Group = Tuple[str, str]
"""Device and dtype of reductions that can be joined."""


class MXNetCollector(Collector):
    """See Collector."""

    def __init__(self) -> None:
        self._joiners: Dict[Group, Joiner] = {}
        self.reset()

    def reset(self) -> None:
        self._waiting: Dict[Group, List[Any]] = {}
        self._parts: Dict[Group, List[Any]] = {}
        self._ends: Dict[Group, int] = {}
        self._places: List[Tuple[Group, int, int]] = []
        for each in self._joiners.values():
            each.restart()

    def add(self, device: str, reduction: Reduction) -> int:
        dtype = "float64" if reduction.dtype == "float64" else "float32"
        return self.add_values(device, dtype, reduction.values, reduction.size)

    def add_values(self, device: str, dtype: str, values: Any, size: int) -> int:
        group = (device, dtype)
        begin = self._ends.get(group, 0)
        self._ends[group] = begin + size
        self._places.append((group, begin, begin + size))
        waiting = self._waiting.setdefault(group, [])
        waiting.append(values)
        if len(waiting) == MOST_AT_ONCE:
            # Now, while the device is busy: at the end, somebody would wait for it.
            self._join(group)
        return len(self._places) - 1

    def read(self) -> Values:
        joined = {group: self._joined(group) for group in self._ends}
        hosts = {group: each.asnumpy().reshape(-1) for group, each in joined.items()}
        order = list(hosts)
        numbers = {group: number for number, group in enumerate(order)}
        return Values([hosts[group] for group in order], [(numbers[group], a, b) for group, a, b in self._places])

    def _join(self, group: Group) -> None:
        waiting = self._waiting.pop(group, [])
        if waiting:
            with autograd.pause():
                joined = waiting[0] if len(waiting) == 1 else self._joiner(group).join(waiting)
            self._parts.setdefault(group, []).append(joined)

    def _joined(self, group: Group) -> Any:
        self._join(group)
        parts = self._parts[group]
        if len(parts) > 1:
            with autograd.pause():
                self._parts[group] = parts = [self._joiner(group).join(parts)]
        return parts[0]

    def _joiner(self, group: Group) -> Joiner:
        return self._joiners.setdefault(group, Joiner())


def read(reductions: Sequence[Reduction], devices: Sequence[str]) -> List[np.ndarray]:
    """The values of each, 1-D, with one copy to the host for each device and dtype."""
    collector = MXNetCollector()
    for device, each in zip(devices, reductions):
        collector.add(device, each)
    values = collector.read()
    return [values[k] for k in range(len(values))]
