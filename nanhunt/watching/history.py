"""The last iterations in numbers: what the check has read anyway, the loss, the learning rate, the samples and the seed."""

import math
from collections import deque
from typing import Any, Deque, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from nanhunt.backends.reductions import Collector, Values
from nanhunt.dump.runup import RunUp, padded
from nanhunt.watching.early.sizes import Row, Sizes

_ORDER = ("input", "parameter", "optimizer", "activation", "loss", "gradient", "aux")
"""Kinds as an iteration comes to them."""

_MOST_LOSSES = 4096
"""Elements of a loss up to which all of them are read."""


class _Kept:
    """One iteration."""

    def __init__(self, meta: Mapping[str, Any], samples: Sequence[int], row: Row, loss: float, norm: float) -> None:
        self.meta, self.samples, self.row, self.loss, self.gradient_norm = meta, samples, row, loss, norm
        self.lr = math.nan


class History:
    """A ring of iterations.

    It costs the device nothing, and the program some copies of a few hundred numbers an iteration.

    Args:
        keep: most iterations; with 0 nothing is kept.
    """

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._kept: Deque[_Kept] = deque(maxlen=keep)
        self._losses: List[int] = []

    def heads(self, collector: Collector, tensors: Sequence[Any]) -> None:
        """What is about to be differentiated: its elements are read with the rest, where they are few."""
        if self._keep:
            numbers = [collector.elements(each, _MOST_LOSSES) for each in tensors]
            self._losses = [each for each in numbers if each is not None]

    def add(self, meta: Mapping[str, Any], samples: Sequence[int], sizes: Sizes, values: Values) -> None:
        """An iteration was read; read once more, it replaces what was read before.

        Args:
            meta: its `epoch`, `iteration`, `step`, `seed` and `lr`.
            samples: indices of the samples, in order.
        """
        if not self._keep:
            return
        losses = [values[number] for number in self._losses]
        loss = float(np.concatenate(losses).astype(np.float64).mean()) if losses else math.nan
        if self._kept and self._kept[-1].meta["step"] == meta["step"]:
            self._kept.pop()
        self._kept.append(_Kept(meta, samples, sizes.row(), loss, sizes.gradient_norm()))

    def last(self) -> Tuple[Optional[float], Optional[float]]:
        """Loss and gradient norm of the newest iteration, where they were read."""
        if not self._kept:
            return None, None
        return (self._kept[-1].loss if self._losses else None), self._kept[-1].gradient_norm

    def ends(self, lr: Optional[float]) -> None:
        """The iteration is over, with the learning rate that its update had."""
        self._losses = []
        if self._kept and lr is not None:
            self._kept[-1].lr = lr

    def run_up(self) -> Optional[RunUp]:
        """What is kept; None where that is nothing."""
        kept = list(self._kept)
        if not kept:
            return None
        rows = [each.row.by_tensor() for each in kept]
        # Of one kind the newest first: what it made is in its order, and what only others made comes after.
        tensors = dict.fromkeys(tensor for row in reversed(rows) for tensor in row)
        places = {tensor: k for k, tensor in enumerate(sorted(tensors, key=lambda each: _ORDER.index(each.kind)))}
        sizes = np.full((len(kept), len(places)), np.nan, np.float32)
        read = np.zeros(sizes.shape, bool)
        for k, row in enumerate(rows):
            columns = [places[tensor] for tensor in row]
            with np.errstate(over="ignore"):
                sizes[k, columns] = list(row.values())
            read[k, columns] = True

        def column(name: str) -> np.ndarray:
            return np.array([int(each.meta[name]) for each in kept], np.int64)

        seeds = [each.meta.get("seed") for each in kept]
        rates = [each.lr if math.isfinite(each.lr) or each.meta.get("lr") is None else each.meta["lr"] for each in kept]
        return RunUp(
            tuple(places),
            column("epoch"),
            column("iteration"),
            column("step"),
            np.array([-1 if seed is None else seed for seed in seeds], np.int64),
            np.array([each.loss for each in kept], np.float64),
            np.array(rates, np.float64),
            np.array([each.gradient_norm for each in kept], np.float64),
            padded([each.samples for each in kept]),
            sizes,
            read,
        )
