"""The sentinel's reductions: small arrays that are non-finite when the tensor is.

NaN and Inf survive an average and a dot product; a huge finite value may overflow in either, so a hit is confirmed exactly by
whoever asks. Convolution outputs lie in a blocked layout, where a global average pooling is a tenth to a fiftieth of the price
of anything that has to reorder them; all other arrays are cheapest as a dot product with themselves (figures: docs/design.md).
"""

from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from mxnet import autograd, nd

_FLOATING = (np.float16, np.float32, np.float64)


def is_floating(tensor: Any) -> bool:
    """Whether the dtype can hold a NaN."""
    return tensor.dtype in _FLOATING


def reduce(tensor: Any) -> Any:
    """A 1-D float32 or float64 array; see the module."""
    with autograd.pause():
        tensor = _plain(tensor)
        if tensor.size == 0:
            return nd.zeros((1,), ctx=tensor.context)
        if tensor.dtype == np.float16:
            # A half-precision dot product overflows above a norm of 256.
            tensor = tensor.astype("float32")
        if tensor.ndim == 4 and tensor.dtype == np.float32 and tensor.shape[2] * tensor.shape[3] > 1:
            return nd.Pooling(tensor, global_pool=True, pool_type="avg", kernel=(1, 1)).reshape((-1,))
        return _squared(_flat(tensor))


def reduce_together(tensors: Sequence[Any]) -> Any:
    """One 1-D array for several small tensors of one context and dtype: a call for each would cost more than the arithmetic."""
    with autograd.pause():
        return _squared(joined(tensors))


def joined(tensors: Sequence[Any]) -> Any:
    """A 1-D copy of all elements of several tensors of one context and dtype."""
    with autograd.pause():
        flat = [_flat(_plain(each)) for each in tensors]
        return nd.concat(*flat, dim=0) if len(flat) > 1 else flat[0].copy()


def largest(tensor: Any, ignored: Optional[float]) -> Any:
    """Largest element that is not `ignored`, as float32 (1,)."""
    with autograd.pause():
        tensor = _plain(tensor)
        if tensor.size == 0:
            return nd.zeros((1,), ctx=tensor.context)
        if ignored is not None:
            tensor = tensor * (tensor != ignored)
        found = nd.max(tensor)
        return (found if found.dtype == np.float32 else found.astype("float32")).reshape((1,))


def _squared(flat: Any) -> Any:
    if flat.dtype == np.float16:
        flat = flat.astype("float32")
    return nd.dot(flat, flat)  # of shape (1,)


def _flat(tensor: Any) -> Any:
    return tensor if tensor.ndim == 1 else tensor.reshape((-1,))


def _plain(tensor: Any) -> Any:
    """A NumPy-style array, and the stored values of a sparse one, as a dense NDArray; a dense one as it is."""
    if type(tensor) is nd.NDArray:
        return tensor
    if tensor.stype != "default":
        return tensor.data
    return tensor.as_nd_ndarray()


def read(reduced: Sequence[Any]) -> List[np.ndarray]:
    """The values of `reduced`, with one copy to the host for each context and dtype."""
    groups: Dict[Tuple[Any, Any], List[int]] = {}
    for i, each in enumerate(reduced):
        groups.setdefault((each.context, each.dtype), []).append(i)
    values: List[np.ndarray] = [np.empty(0)] * len(reduced)
    joined = []
    with autograd.pause():
        for members in groups.values():
            joined.append(nd.concat(*[reduced[i] for i in members], dim=0) if len(members) > 1 else reduced[members[0]])
    for members, each in zip(groups.values(), joined):
        host = each.asnumpy()
        start = 0
        for i in members:
            size = reduced[i].size
            values[i] = host[start : start + size]
            start += size
    return values
