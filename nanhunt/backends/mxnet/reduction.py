"""The sentinel's reductions: small arrays that are non-finite when the tensor is.

NaN and Inf survive an average and a dot product; a huge finite value may overflow in either, so a hit is confirmed exactly by
whoever asks. Convolution outputs lie in a blocked layout, where a global average pooling is a tenth to a fiftieth of the price
of anything that has to reorder them; all other arrays are cheapest as a dot product with themselves (figures: docs/design.md).
"""

from functools import lru_cache
from typing import Any, Optional, Sequence, Tuple

import numpy as np
from mxnet import autograd, nd, symbol

from nanhunt.backends.mxnet.arrays import flat
from nanhunt.backends.mxnet.own import Own
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
        tensor = dense(tensor)
        stored = tensor.shape  # of a sparse array those rows that it has
        if 0 in stored:
            return Reduction(nd.zeros((1,), ctx=tensor.context), 1, 0, shape, dtype)
        how = manner(shape, dtype, plain)
        values = _alone(how, stored, dtype)(flat(tensor) if how == DOT else tensor)
        if how == DOT:
            return Reduction(values, 1, 0, shape, dtype)
        if how == FLAT_MEANS:
            return Reduction(values, shape[0] * shape[1], 0, shape, dtype)
        return Reduction(values, shape[1], shape[0], shape, dtype)


@lru_cache(maxsize=512)
def _alone(how: str, shape: Tuple[int, ...], dtype: str) -> Own:
    """One for each shape: which one of another shape would have to be worked out again."""
    return Own(reduced(symbol.var("x"), how, dtype == "float16"))


def reduced(tensor: Any, how: str, widened: bool) -> Any:
    """The symbol of a tensor's reduction; with `MEANS` of shape (N, C, 1, 1), else 1-D.

    Args:
        tensor: for `DOT` a 1-D view: to reshape what lies in blocks takes a view, not an operator, in 1.4.1.
        widened: in half precision a dot product overflows above a norm of 256, so that it is taken in single precision.
    """
    if how == DOT:
        row = symbol.cast(tensor, dtype="float32") if widened else tensor
        return symbol.dot(row, row)
    means = symbol.Pooling(tensor, global_pool=True, pool_type="avg", kernel=(1, 1))
    return symbol.reshape(means, shape=(-1,)) if how == FLAT_MEANS else means


DOT, MEANS, FLAT_MEANS = "dot", "means", "flat means"


def manner(shape: Sequence[int], dtype: str, plain: bool) -> str:
    """How an array is reduced: to its dot product with itself, or to the means of its channels, in blocks or not.

    Args:
        dtype: a floating one.
        plain: see `Backend.reduce`.
    """
    if plain or len(shape) != 4 or dtype != "float32" or shape[2] * shape[3] <= 1 or shape[1] % _HALF_BLOCK:
        return DOT
    return FLAT_MEANS if shape[1] % _BLOCK else MEANS


def described(tensor: Any) -> Optional[Tuple[Tuple[int, ...], str]]:
    """Shape and dtype of a dense array of elements that are floating; None of any other."""
    if type(tensor) is not nd.NDArray:
        return None
    dtype = _FLOATING.get(tensor.dtype)
    shape = tensor.shape
    return (shape, dtype) if dtype is not None and 0 not in shape else None


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
            self._flat = [flat(dense(each)) for each in tensors]
        self._run = Own(_sums_of_squares(len(tensors), self._flat[0].dtype == np.float16))

    def reduce(self) -> Any:
        """Their sums of squares as one 1-D array, in order; queued."""
        with autograd.pause():
            return self._run(*self._flat)


def largest(tensor: Any, ignored: Optional[float]) -> Any:
    """Largest element that is not `ignored`, as float32 (1,)."""
    with autograd.pause():
        tensor = dense(tensor)
        if tensor.size == 0:
            return nd.zeros((1,), ctx=tensor.context)
        return _largest(tensor.size, np.dtype(tensor.dtype).name, ignored)(flat(tensor))


@lru_cache(maxsize=64)
def _largest(size: int, dtype: str, ignored: Optional[float]) -> Own:
    """One call instead of five."""
    found = tensor = symbol.var("x")
    if ignored is not None:
        found = tensor * (tensor != ignored)
    found = found if dtype == "float32" else symbol.cast(found, dtype="float32")
    return Own(maximum(found))


def maximum(tensor: Any) -> Any:
    """Symbol of the largest element of a float array that is not empty, of shape (1,). A NaN counts for nothing.

    Not `max`, which wants temporary memory: see `own`.
    """
    column = symbol.reshape(tensor, shape=(1, 1, -1, 1))
    return symbol.reshape(symbol.Pooling(column, global_pool=True, pool_type="max", kernel=(1, 1)), shape=(1,))


@lru_cache(maxsize=None)
def _sums_of_squares(count: int, widened: bool) -> Any:
    sums = []
    for number in range(count):
        sums.append(reduced(symbol.var("x%d" % number), DOT, widened))
    return symbol.concat(*sums, dim=0) if count > 1 else sums[0]


def dense(tensor: Any) -> Any:
    """A NumPy-style array, and the stored values of a sparse one, as a dense NDArray; a dense one as it is."""
    if type(tensor) is nd.NDArray:
        return tensor
    if tensor.stype != "default":
        return tensor.data
    return tensor.as_nd_ndarray()
