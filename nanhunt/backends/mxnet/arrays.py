"""What an array is, at a fraction of the price of MXNet's own properties: the hooks ask several times for each operator."""

import ctypes
from typing import Any, Dict, Sequence, Tuple

import numpy as np
from mxnet.base import _LIB, NDArrayHandle, SymbolHandle, check_call, py_str
from mxnet.context import Context
from mxnet.ndarray import ndarray

_DEVICES: Dict[Tuple[int, int], str] = {}
_DTYPES: Dict[int, str] = {}
_one_axis = (ctypes.c_int64 * 1)(-1)
_get_context, _get_dtype = _LIB.MXNDArrayGetContext, _LIB.MXNDArrayGetDType


def device_of(array: Any) -> str:
    """As `str(array.context)`, such as `cpu(0)`."""
    kind, number = ctypes.c_int(), ctypes.c_int()
    check_call(_get_context(array.handle, ctypes.byref(kind), ctypes.byref(number)))
    key = (kind.value, number.value)
    found = _DEVICES.get(key)
    if found is None:
        found = _DEVICES[key] = str(Context(Context.devtype2str[key[0]], key[1]))
    return found


def dtype_of(array: Any) -> str:
    """The name of its dtype, such as `float32`."""
    kind = ctypes.c_int()
    check_call(_get_dtype(array.handle, ctypes.byref(kind)))
    found = _DTYPES.get(kind.value)
    if found is None:
        found = _DTYPES[kind.value] = np.dtype(ndarray._DTYPE_MX_TO_NP[kind.value]).name
    return found


def bytes_of(array: Any) -> int:
    """What its elements take."""
    return size_of(array.shape) * int(np.dtype(array.dtype).itemsize)


def flat(array: Any) -> Any:
    """A 1-D view of a dense NDArray, past all hooks: whoever makes one promises to write nothing into it."""
    handle = NDArrayHandle()
    # Not `reshape`, which since MXNet 1.9 multiplies both shapes out to compare them.
    check_call(_LIB.MXNDArrayReshape64(array.handle, 1, _one_axis, False, ctypes.byref(handle)))
    return ndarray.NDArray(handle=handle, writable=array.writable)


def size_of(shape: Sequence[int]) -> int:
    """Number of elements."""
    size = 1
    for length in shape:
        size *= length
    return size


def entry_name(array: Any) -> str:
    """The name of the recorded node that made the array, or of the leaf that it is; empty where autograd does not know it."""
    handle, name, found = SymbolHandle(), ctypes.c_char_p(), ctypes.c_int()
    if _LIB.MXAutogradGetSymbol(array.handle, ctypes.byref(handle)) != 0:
        return ""
    try:
        check_call(_LIB.MXSymbolGetName(handle, ctypes.byref(name), ctypes.byref(found)))
        return py_str(name.value) if found.value and name.value is not None else ""
    finally:
        _LIB.NNSymbolFree(handle)
