"""Call any MXNet operator by the name that it has in a recorded graph, and tell from a call which operator it is."""

import ctypes
from functools import lru_cache
from typing import Any, Dict, List, Mapping, Sequence

import mxnet as mx
from mxnet.base import _LIB, c_str, check_call, py_str
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
            raise ReplayError(
                "MXNet %s has no operator %r; replay with the MXNet that wrote the dump" % (mx.__version__, name)
            ) from error
        _handles[name] = handle.value
    return _handles[name]


def name_of(handle: int) -> str:
    """The reverse of `handle_of`: the name that a recorded graph shows, of whatever alias was called."""
    if handle not in _names:
        name = ctypes.c_char_p()
        check_call(_LIB.MXSymbolGetAtomicSymbolName(ctypes.c_void_p(handle), ctypes.byref(name)))
        _names[handle] = py_str(name.value) if name.value else ""
    return _names[handle]


BLOCK = frozenset(["Convolution", "Deconvolution"])
"""Operators whose outputs MKL-DNN lays out in blocks of channels."""

KEEP_BLOCKS = frozenset(
    ["BatchNorm", "Activation", "Pooling", "Concat", "LRN", "LeakyReLU", "add_n", "elemwise_add", "SyncBatchNorm"]
)
"""Operators that leave such a layout as it is. All others put the elements one after another."""

_OF_NUMPY = "bernoulli choice exponential gamma gumbel laplace logistic multinomial normal pareto powerd rayleigh shuffle"
_DRAWING = (
    *("_random_", "_sample_", "_shuffle", "Dropout", "_npi_uniform", "_npi_weibull"),
    *("_npi_" + name for name in _OF_NUMPY.split()),
)


@lru_cache(maxsize=None)
def may_draw(name: str) -> bool:
    """Whether it may be `draws`, or runs what nobody sees."""
    return name in ("LeakyReLU", "RNN", "Custom") or name.startswith(_DRAWING)


def draws(name: str, attributes: Mapping[str, str]) -> bool:
    """Whether the operator takes numbers from the random generator, so that those after it depend on its having run."""
    if name == "LeakyReLU":
        return attributes.get("act_type") == "rrelu"
    if name == "RNN":
        return float(attributes.get("p", 0) or 0) > 0
    return name.startswith(_DRAWING)


def invoke(name: str, inputs: Sequence[Any], attributes: Mapping[str, str], out: Any = None) -> List[Any]:
    """Run one operator imperatively; its visible outputs.

    Raises:
        ReplayError: no such operator here.
        mxnet.base.MXNetError: the operator refused its inputs.
    """
    keys = [k for k in attributes if not k.startswith("__")]
    extra = (name.startswith("_np"), False)[:_EXTRA_ARGUMENTS] if _EXTRA_ARGUMENTS > 0 else ()
    found = register._imperative_invoke(handle_of(name), list(inputs), keys, [attributes[k] for k in keys], out, *extra)
    return list(found) if isinstance(found, (list, tuple)) else [found]
