"""The sentinel: one cheap reduction for every watched tensor, all read at once at the iteration's end."""

import zlib
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Tuple

import numpy as np

from nanhunt.backends.base import Backend
from nanhunt.probes.base import Watched

Key = Tuple[str, str, str, str, int]

_ALIVE = ("input", "parameter", "optimizer", "loss", "gradient", "aux")
"""Kinds whose arrays are still there at the iteration's end and can be looked at exactly."""


@dataclass(frozen=True)
class Reading:
    """One tensor's reduction, read.

    Attributes:
        watched: what it was; `tensor` is None for activations, which are not kept.
        values: the reduction.
        shape, dtype: the tensor's.
    """

    watched: Watched
    values: np.ndarray
    shape: Tuple[int, ...]
    dtype: str

    @property
    def alarm(self) -> bool:
        """Whether the tensor may be non-finite (a huge finite value can overflow in the reduction)."""
        return not bool(np.isfinite(self.values).all())

    @property
    def fingerprint(self) -> int:
        """CRC-32 of the reduction's bytes: equal for bit-identical tensors."""
        return zlib.crc32(np.ascontiguousarray(self.values).tobytes())


class Sentinel:
    """Collects reductions while an iteration runs."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._reduced: Dict[Key, Tuple[Watched, Any, Tuple[int, ...], str]] = {}

    def look(self, tensors: Iterable[Watched]) -> None:
        """Queue the reduction of every tensor that can hold a NaN; a tensor seen again replaces its earlier reading."""
        for each in tensors:
            tensor = each.tensor
            if not self._backend.is_floating(tensor):
                continue
            reduced = self._backend.reduce(tensor)
            if each.kind not in _ALIVE:
                each = Watched(each.kind, each.name, each.device, None, each.node, each.output)
            key = (each.kind, each.name, each.device, each.node, each.output)
            self._reduced[key] = (each, reduced, tuple(tensor.shape), np.dtype(tensor.dtype).name)

    def read(self) -> List[Reading]:
        """All readings, in the order in which the tensors were first seen; waits for the devices."""
        entries = list(self._reduced.values())
        values = self._backend.read([reduced for _, reduced, _, _ in entries]) if entries else []
        return [Reading(watched, value, shape, dtype) for (watched, _, shape, dtype), value in zip(entries, values)]

    def reset(self) -> None:
        """Forget the iteration."""
        self._reduced = {}
