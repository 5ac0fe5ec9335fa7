"""Call any MXNet operator by the name that it has in a recorded graph."""

import ctypes
from typing import Any, Dict, List, Mapping, Sequence

import mxnet as mx
from mxnet.base import _LIB, c_str, check_call
from mxnet.ndarray import register

from nanhunt.errors import ReplayError

# 1.6 added two arguments to the invocation: whether NumPy arrays come out, and whether always a list.
_EXTRA_ARGUMENTS = register._imperative_invoke.__code__.co_argcount - 5

_handles: Dict[str, Any] = {}
_names: Dict[int, str] = {}


def handle_of(name: str) -> Any:
    """MXNet's handle of the operator.

    Raises:
        ReplayError: this MXNet has no operator of that name.
    """
    if name not in _handles:
        handle = ctypes.c_void_p()
        try:
            check_call(_LIB.NNGetOpHandle(c_str(name), ctypes.byref(handle)))
        except mx.base.MXNetError as error:
            raise ReplayError("MXNet %s has no operator %r; replay with the MXNet that wrote the dump" % (mx.__version__, name)) from error
        _handles[name] = handle.value
    return _handles[name]


def name_of(handle: Any) -> str:
    """The operator's name, from the handle that `_imperative_invoke` is given."""
    key = handle.value if isinstance(handle, ctypes.c_void_p) else int(handle)
    if not _names:
        count = ctypes.c_uint()
        names = ctypes.POINTER(ctypes.c_char_p)()
        check_call(_LIB.MXListAllOpNames(ctypes.byref(count), ctypes.byref(names)))
        for i in range(count.value):
            name = names[i].decode()
            found = ctypes.c_void_p()
            check_call(_LIB.NNGetOpHandle(c_str(name), ctypes.byref(found)))
            # Aliases share a handle; the recorded graph has the registered name, which lists first in none of the versions.
            _names.setdefault(found.value or 0, name)
    return _names.get(key, "")


def invoke(name: str, inputs: Sequence[Any], attributes: Mapping[str, str]) -> List[Any]:
    """Run one operator imperatively; its visible outputs.

    Raises:
        ReplayError: no such operator here.
        mxnet.base.MXNetError: the operator refused its inputs.
    """
    keys = [k for k in attributes if not k.startswith("__")]
    extra = (name.startswith("_np"), False)[:_EXTRA_ARGUMENTS] if _EXTRA_ARGUMENTS > 0 else ()
    out = register._imperative_invoke(handle_of(name), list(inputs), keys, [attributes[k] for k in keys], None, *extra)
    return list(out) if isinstance(out, (list, tuple)) else [out]
