"""Tells of logarithms of a softmax and of one-pass variances, in those iterations in which somebody asks."""

from functools import lru_cache
from typing import Any, Dict, Mapping, Sequence, Set

import numpy as np
from mxnet import autograd, symbol

from nanhunt.backends.base import Listener
from nanhunt.backends.margins import OnePass
from nanhunt.backends.mxnet.arrays import entry_name, flat
from nanhunt.backends.mxnet.own import Own
from nanhunt.backends.mxnet.reduction import maximum
from nanhunt.backends.mxnet.tape import Call

_SOFTMAX = ("softmax", "SoftmaxOutput", "SoftmaxActivation")
_PRODUCTS = ("elemwise_mul", "broadcast_mul")
_ONE_PASS = "_contrib_SyncBatchNorm"

MARGINS = frozenset([*_SOFTMAX, *_PRODUCTS, "log", "pick", _ONE_PASS])
"""Operators that `Margins.saw` is to be told of."""


class Margins:
    """Follows probabilities from the softmax to what reads their logarithm. What it queues runs unhooked and unrecorded.

    Attributes:
        wanted: whether anything is to be told in this iteration.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.want(False, False)

    def want(self, logarithms: bool, variances: bool) -> None:
        """What is to be told, until this is said again; an iteration begins."""
        self.wanted = logarithms or variances
        self._logarithms, self._variances = logarithms, variances
        self._probabilities: Set[str] = set()
        self._logs: Dict[str, str] = {}

    def saw(self, name: str, attributes: Mapping[str, str], arrays: Sequence[Any], outputs: Sequence[Any], call: Call) -> None:
        """One recorded operator call; the hooks sleep."""
        try:
            if name == _ONE_PASS:
                if self._variances and autograd.is_training() and attributes.get("use_global_stats") not in ("True", "1"):
                    self._one_pass(attributes, arrays, call)
            elif self._logarithms:
                self._follow(name, attributes, arrays, outputs, call)
        except Exception:  # a run must not end because of what only warns
            self.wanted = False

    def _follow(
        self, name: str, attributes: Mapping[str, str], arrays: Sequence[Any], outputs: Sequence[Any], call: Call
    ) -> None:
        if name in _SOFTMAX:
            self._probabilities.add(entry_name(outputs[0]))
        elif name == "log":
            if entry_name(arrays[0]) in self._probabilities:
                self._logs[entry_name(outputs[0])] = np.dtype(arrays[0].dtype).name
        elif name == "pick":
            dtype = self._logs.get(entry_name(arrays[0]))
            if dtype is not None:
                axis = attributes.get("axis", "-1")
                classes = arrays[0].size if axis == "None" else arrays[0].shape[int(axis)]
                with autograd.pause():
                    self._tell(name, dtype, _smallest(outputs[0], arrays[1], classes), call)
        else:
            for each in arrays:
                dtype = self._logs.get(entry_name(each)) if self._logs else None
                if dtype is not None:
                    with autograd.pause():
                        self._tell(name, dtype, _smallest_of(each.size)(flat(each)), call)

    def _tell(self, name: str, dtype: str, smallest: Any, call: Call) -> None:
        smallest = smallest.astype("float32") if dtype == "float16" else smallest
        self._listener.logarithms(_place(name, call), dtype, smallest.reshape((1,)))

    def _one_pass(self, attributes: Mapping[str, str], arrays: Sequence[Any], call: Call) -> None:
        data, mean, variance = arrays[0], arrays[3], arrays[4]
        if np.dtype(mean.dtype) != np.float32:
            return
        count = data.size // data.shape[1] * int(attributes.get("ndev", "1"))
        how = OnePass(float(attributes.get("eps", "0.001")), count)
        self._listener.one_pass(_place("SyncBatchNorm", call), how, mean, variance)


def _smallest(picked: Any, labels: Any, classes: int) -> Any:
    """Of what was picked for labels that are classes."""
    dtypes = [np.dtype(each.dtype).name for each in (picked, labels)]
    return _smallest_picked(picked.size, dtypes[0], dtypes[1], classes)(flat(labels), flat(picked))


@lru_cache(maxsize=64)
def _smallest_picked(size: int, dtype: str, label: str, classes: int) -> Own:
    picked = symbol.var("picked")
    labels = symbol.cast(symbol.var("labels"), dtype=dtype)
    return Own(-maximum(symbol.where((labels >= 0) * (labels < classes), -picked, symbol.zeros_like(picked))))


@lru_cache(maxsize=64)
def _smallest_of(size: int) -> Own:
    return Own(-maximum(-symbol.var("x")))


def _place(name: str, call: Call) -> str:
    return " ".join(filter(None, (name, "in " + call.block if call.block else "", "at " + call.source if call.source else "")))
