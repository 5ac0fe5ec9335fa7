"""The sentinel's reductions: small arrays that are non-finite when the tensor is.

NaN and Inf survive an average and a dot product; a huge finite value may overflow in either, so a hit is confirmed exactly by
whoever asks. Convolution outputs lie in a blocked layout, where a global average pooling is a tenth to a fiftieth of the price
of anything that has to reorder them; all other arrays are cheapest as a dot product with themselves (figures: docs/design.md).
"""

from functools import lru_cache
from typing import Any, Dict, Optional, Sequence, Tuple

import numpy as np
from mxnet import autograd, nd, symbol
from mxnet.ndarray import CachedOp

from nanhunt.backends.reductions import Reduction, Standing

_FLOATING = {
    kind: np.dtype(name).name for name in ("float16", "float32", "float64") for kind in (np.dtype(name).type, np.dtype(name))
}
"""Names by what `dtype` gives: the type, or of NumPy-style arrays the dtype."""


_BLOCK, _HALF_BLOCK = 16, 8
"""Channels in a block: 16, or 8 where there are no more or the processor's vectors are short. What cannot be divided so lies in
memory element after element, and MKL-DNN cannot join arrays whose last block is not full."""


def is_floating(tensor: Any) -> bool:
    """Whether the dtype can hold a NaN."""
    return tensor.dtype in _FLOATING


def reduce(tensor: Any, plain: bool = False) -> Optional[Reduction]:
    """See `Backend.reduce`; the values are float32, or float64 where the tensor is."""
    dtype = _FLOATING.get(tensor.dtype)
    if dtype is None:
        return None
    shape = tensor.shape
    with autograd.pause():
        tensor = _dense(tensor)
        stored = tensor.shape  # of a sparse array those rows that it has
        if 0 in stored:
            return Reduction(nd.zeros((1,), ctx=tensor.context), 1, 0, shape, dtype)
        if not plain and len(shape) == 4 and dtype == "float32" and shape[2] * shape[3] > 1 and shape[1] % _HALF_BLOCK == 0:
            means = nd.Pooling(tensor, global_pool=True, pool_type="avg", kernel=(1, 1))
            if shape[1] % _BLOCK:
                return Reduction(means.reshape((-1,)), shape[0] * shape[1], 0, shape, dtype)
            return Reduction(means, shape[1], shape[0], shape, dtype)
        flat = tensor if len(stored) == 1 else tensor.reshape((-1,))
        # A half-precision dot product overflows above a norm of 256.
        flat = flat.astype("float32") if dtype == "float16" else flat
        return Reduction(nd.dot(flat, flat), 1, 0, shape, dtype)


def stands(tensor: Any) -> bool:
    """Whether `SumsOfSquares` can be told of the array."""
    return is_floating(tensor) and getattr(tensor, "stype", "default") == "default" and 0 not in tensor.shape


class SumsOfSquares(Standing):
    """The sums of squares of arrays that stay from iteration to iteration, by one call of the framework.

    Args:
        tensors: of one device and dtype, not empty, stored densely.
    """

    def __init__(self, tensors: Sequence[Any]) -> None:
        with autograd.pause():
            # A view shares the memory of its array, which MXNet never moves.
            self._flat = [_dense(each).reshape((-1,)) for each in tensors]
        self._run = CachedOp(_sums_of_squares(len(tensors), self._flat[0].dtype == np.float16))

    def reduce(self) -> Any:
        """Their sums of squares as one 1-D array, in order; queued."""
        with autograd.pause():
            return self._run(*self._flat)


def joined(tensors: Sequence[Any]) -> Any:
    """A 1-D copy of all elements of several tensors of one context and dtype."""
    with autograd.pause():
        flat = [each if each.ndim == 1 else each.reshape((-1,)) for each in map(_dense, tensors)]
        if len(flat) == 1:
            return flat[0].copy()
        joiner = _joiner(len(flat), tuple(flat[0].shape))
        joiner.restart()
        return joiner.join(flat)


@lru_cache(maxsize=32)
def _joiner(count: int, first: Tuple[int, ...]) -> "Joiner":
    """The same one for the same arrays, so that what it has compiled serves again."""
    return Joiner()


class Joiner:
    """Joins arrays with few calls of the framework.

    Each call of an iteration is compiled for itself, so that its shapes are those of the same call an iteration ago. Where the
    iterations differ too much for that, calls are made with a power of two of arrays, of which there are few.
    """

    def __init__(self) -> None:
        self._compiled: Dict[Tuple[int, int, bool], Any] = {}
        self._calls = 0

    def restart(self) -> None:
        """An iteration begins."""
        self._calls = 0

    def join(self, arrays: Sequence[Any], channels: bool = False) -> Any:
        """One 1-D array, of one context and dtype like these; recording is off.

        Args:
            arrays: 1-D ones, or with `channels` at most `MOST_AT_ONCE` of shape (N, C, 1, 1) with one N and whole blocks of
                channels: these are joined as they lie in memory; to undo the blocks one by one takes 7 to 30 times as long.
        """
        if channels:
            return self._concatenation(len(arrays), True)(*arrays)
        parts = []
        begin = 0
        while begin < len(arrays):
            count = min(MOST_AT_ONCE, len(arrays) - begin)
            if len(self._compiled) > _MOST_COMPILED:
                count = 1 << (count.bit_length() - 1)
            parts.append(self._concatenation(count, False)(*arrays[begin : begin + count]) if count > 1 else arrays[begin])
            begin += count
        return parts[0] if len(parts) == 1 else self.join(parts)

    def _concatenation(self, count: int, channels: bool) -> Any:
        self._calls += 1
        key = (count, self._calls if len(self._compiled) <= _MOST_COMPILED else 0, channels)
        if key not in self._compiled:
            self._compiled[key] = CachedOp(_concatenation(count, channels))
        return self._compiled[key]


def largest(tensor: Any, ignored: Optional[float]) -> Any:
    """Largest element that is not `ignored`, as float32 (1,)."""
    with autograd.pause():
        tensor = _dense(tensor)
        if tensor.size == 0:
            return nd.zeros((1,), ctx=tensor.context)
        if ignored is not None:
            tensor = tensor * (tensor != ignored)
        return maximum(tensor if tensor.dtype == np.float32 else tensor.astype("float32"))


def maximum(tensor: Any) -> Any:
    """Largest element of a float array that is not empty, of shape (1,); recording is off. A NaN counts for nothing.

    Not `nd.max`: that asks for temporary memory, of which MXNet has four pieces that it hands out in turn. One operator more in
    an iteration, and each convolution gets all four of them in turn, which all grow to the size that the largest one needs.
    """
    flat = tensor.reshape((1, 1, -1, 1))
    return nd.Pooling(flat, global_pool=True, pool_type="max", kernel=(1, 1)).reshape((1,))


MOST_AT_ONCE = 64
"""Arrays that are joined by one call."""

_MOST_COMPILED = 128


@lru_cache(maxsize=None)
def _sums_of_squares(count: int, widened: bool) -> Any:
    sums = []
    for number in range(count):
        flat = symbol.var("x%d" % number)
        flat = symbol.cast(flat, dtype="float32") if widened else flat
        sums.append(symbol.dot(flat, flat))
    return symbol.concat(*sums, dim=0) if count > 1 else sums[0]


@lru_cache(maxsize=None)
def _concatenation(count: int, channels: bool) -> Any:
    arrays = [symbol.var("x%d" % number) for number in range(count)]
    if not channels:
        return symbol.concat(*arrays, dim=0)
    return symbol.reshape(symbol.concat(*arrays, dim=1) if count > 1 else arrays[0], shape=(-1,))


def _dense(tensor: Any) -> Any:
    """A NumPy-style array, and the stored values of a sparse one, as a dense NDArray; a dense one as it is."""
    if type(tensor) is nd.NDArray:
        return tensor
    if tensor.stype != "default":
        return tensor.data
    return tensor.as_nd_ndarray()
