"""What one run of an iteration gives, and how another differs from it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Sequence

import numpy as np

from nanhunt.replay.compare import checksum
from nanhunt.replay.session import Session

Arrays = Dict[str, np.ndarray]


@dataclass(frozen=True)
class Difference:
    """What of one run differs from the first.

    Attributes:
        tensors: how many differ, of `compared`.
        first: name of the first, in the order in which an iteration gives them; empty where none does.
        largest: largest absolute difference over all tensors, of values that are finite in both.
        ulps: the same in units in the last place.
    """

    tensors: int
    compared: int
    first: str = ""
    largest: float = 0.0
    ulps: int = 0

    @property
    def identical(self) -> bool:
        return self.tensors == 0


def arrays_of(session: Session) -> Arrays:
    """What one run gives: losses, gradients and statistics by name."""
    run = session.backend.run(session.graph, session.leaf, session.gradient, session.seed, None)
    host = session.backend.to_numpy
    found = {"loss" if k == 0 else "loss %d" % k: np.asarray(value) for k, value in enumerate(run.heads)}
    for kind, tensors in (("gradient", run.gradients), ("statistic", run.aux)):
        found.update(("%s %s (%s)" % (kind, leaf.name, leaf.device), host(tensor)) for leaf, tensor in tensors.items())
    found.update(("gradient %s" % name, host(tensor)) for name, tensor in run.returned.items())
    return found


def difference(expected: Arrays, found: Arrays) -> Difference:
    """How one run differs from another."""
    differing = [name for name, array in expected.items() if name not in found or checksum(found[name]) != checksum(array)]
    largest, ulps = 0.0, 0
    for name in differing:
        if name in found and found[name].shape == expected[name].shape:
            a, b = expected[name], found[name]
            both = np.isfinite(a) & np.isfinite(b)
            if both.any():
                largest = max(largest, float(np.abs(a[both].astype(np.float64) - b[both].astype(np.float64)).max()))
                ulps = max(ulps, _ulps(a[both], b[both]))
    return Difference(len(differing), len(expected), differing[0] if differing else "", largest, ulps)


def _ulps(a: np.ndarray, b: np.ndarray) -> int:
    """Largest distance in representable numbers between."""
    kind = {2: np.int16, 4: np.int32, 8: np.int64}.get(a.dtype.itemsize)
    if a.dtype.kind != "f" or kind is None:
        return 0

    def ordered(values: np.ndarray) -> np.ndarray:
        bits = np.ascontiguousarray(values).view(kind).astype(object if a.dtype.itemsize == 8 else np.int64)
        lowest = -(1 << (8 * a.dtype.itemsize - 1))
        return np.where(bits < 0, lowest - bits, bits)

    return int(np.abs(ordered(a) - ordered(b)).max())


def read_first(folder: str) -> Arrays:
    """What the process that started this one got in its first run."""
    names: Sequence[str] = json.loads((Path(folder) / "names.json").read_text(encoding="utf-8"))
    with np.load(str(Path(folder) / "first.npz")) as stored:
        return {name: stored["%d" % k] for k, name in enumerate(names)}
