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
            raise ReplayError(
                "MXNet %s has no operator %r; replay with the MXNet that wrote the dump" % (mx.__version__, name)
            ) from error
        _handles[name] = handle.value
    return _handles[name]


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
