"""The sentinel: one cheap reduction for every watched tensor, all read at once at the iteration's end."""

import zlib
from dataclasses import dataclass, replace
from typing import Any, Dict, Iterable, List, Tuple

import numpy as np

from nanhunt.backends.base import Backend
from nanhunt.probes.base import Watched

Key = Tuple[str, str, str, str, int]

_ALIVE = ("input", "parameter", "optimizer", "loss", "gradient", "aux")
"""Kinds whose arrays are still there at the iteration's end and can be looked at exactly."""

_SMALL = 1 << 14
"""Elements up to which such arrays are reduced together: if the sum is not finite, each is looked at exactly."""


@dataclass(frozen=True)
class Reading:
    """One tensor's reduction, read.

    Attributes:
        watched: what it was; `tensor` is None for activations, which are not kept.
        values: the reduction; small arrays that are still there share one.
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
        self._seen: Dict[Key, Watched] = {}
        self._reduced: Dict[Key, Any] = {}
        self._described: Dict[Key, Tuple[Tuple[int, ...], str]] = {}

    def look(self, tensors: Iterable[Watched]) -> None:
        """Queue the reduction of every tensor that can hold a NaN; a tensor seen again replaces its earlier reading."""
        together: Dict[Tuple[str, str], List[Key]] = {}
        for each in tensors:
            tensor = each.tensor
            if not self._backend.is_floating(tensor):
                continue
            key = (each.kind, each.name, each.device, each.node, each.output)
            dtype = np.dtype(tensor.dtype).name
            self._described[key] = (tuple(tensor.shape), dtype)
            if each.kind not in _ALIVE:
                self._seen[key] = replace(each, tensor=None)
                self._reduced[key] = self._backend.reduce(tensor)
                continue
            self._seen[key] = each
            if 0 < tensor.size <= _SMALL:
                together.setdefault((each.device, dtype), []).append(key)
            else:
                self._reduced[key] = self._backend.reduce(tensor)
        for keys in together.values():
            if len(keys) == 1:
                self._reduced[keys[0]] = self._backend.reduce(self._seen[keys[0]].tensor)
                continue
            one = self._backend.reduce_together([self._seen[key].tensor for key in keys])
            self._reduced.update((key, one) for key in keys)

    def read(self) -> List[Reading]:
        """All readings, in the order in which the tensors were first seen; waits for the devices."""
        if not self._seen:
            return []
        unique = {id(each): each for each in self._reduced.values()}
        values = dict(zip(unique, self._backend.read(list(unique.values()))))
        return [Reading(watched, values[id(self._reduced[key])], *self._described[key]) for key, watched in self._seen.items()]

    def reset(self) -> None:
        """Forget the iteration."""
        self._seen, self._reduced, self._described = {}, {}, {}
