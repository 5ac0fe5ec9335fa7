"""Many small arrays made one, or several tensors reduced and their reductions made one, with few calls of the framework."""

from functools import lru_cache
from typing import Any, Dict, List, Sequence, Tuple

from mxnet import autograd, symbol

from nanhunt.backends.mxnet.arrays import flat
from nanhunt.backends.mxnet.own import Own
from nanhunt.backends.mxnet.reduction import DOT, FLAT_MEANS, MEANS, dense, reduced

MOST_AT_ONCE = 64
"""Arrays that are joined by one call."""

_MOST_COMPILED = 192

FLAT, CHANNELS = "flat", "channels"
"""What is joined: 1-D arrays; or arrays of shape (N, C, 1, 1) with one N and whole blocks of channels. These are joined as they
lie in memory: to undo the blocks one by one takes 7 to 30 times as long."""

Key = Tuple[str, int, int]


class Joiner:
    """Joins arrays with few calls of the framework.

    Each call of an iteration is compiled for itself, so that its shapes are those of the same call an iteration ago. Where the
    iterations differ too much for that, calls are made with a power of two of arrays, of which there are few.
    """

    def __init__(self) -> None:
        self._compiled: Dict[Key, Any] = {}
        self._calls = 0

    def restart(self) -> None:
        """An iteration begins."""
        self._calls = 0

    def join(self, arrays: Sequence[Any], what: str = FLAT) -> Any:
        """One 1-D array, of one context and dtype like these; recording is off.

        Args:
            arrays: at most `MOST_AT_ONCE` unless they are flat.
            what: `FLAT` or `CHANNELS`; or the tensors are reduced first: each to its dot product with itself (`reduction.DOT`),
                or to the means of its channels (`reduction.MEANS`, to be joined like CHANNELS, or `FLAT_MEANS`).
        """
        if what == DOT:
            arrays = [flat(each) for each in arrays]
        if what != FLAT:
            return self._joining(what, len(arrays))(*arrays)
        parts = []
        begin = 0
        while begin < len(arrays):
            count = min(MOST_AT_ONCE, len(arrays) - begin)
            if len(self._compiled) > _MOST_COMPILED:
                count = 1 << (count.bit_length() - 1)
            parts.append(self._joining(FLAT, count)(*arrays[begin : begin + count]) if count > 1 else arrays[begin])
            begin += count
        return parts[0] if len(parts) == 1 else self.join(parts)

    def _joining(self, what: str, count: int) -> Any:
        self._calls += 1
        key = (what, count, self._calls if len(self._compiled) <= _MOST_COMPILED else 0)
        if key not in self._compiled:
            self._compiled[key] = Own(_joining(what, count))
        return self._compiled[key]


class Copier:
    """Copies all elements of several tensors of one context and dtype into one 1-D array, again and again."""

    def __init__(self, tensors: Sequence[Any]) -> None:
        with autograd.pause():
            # A view shares the memory of its array, which MXNet never moves.
            self._flat = [flat(dense(each)) for each in tensors]
        self._joiner = Joiner()

    def __call__(self) -> Any:
        with autograd.pause():
            if len(self._flat) == 1:
                return self._flat[0].copy()
            self._joiner.restart()
            return self._joiner.join(self._flat)


@lru_cache(maxsize=None)
def _joining(what: str, count: int) -> Any:
    arrays: List[Any] = [symbol.var("x%d" % number) for number in range(count)]
    if what in (DOT, MEANS, FLAT_MEANS):
        arrays = [reduced(each, what, False) for each in arrays]
    if what in (CHANNELS, MEANS):
        return symbol.reshape(symbol.concat(*arrays, dim=1) if count > 1 else arrays[0], shape=(-1,))
    return symbol.concat(*arrays, dim=0) if count > 1 else arrays[0]
