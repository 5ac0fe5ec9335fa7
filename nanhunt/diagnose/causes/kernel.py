"""kernel-defect: the framework's kernel gives a non-finite value where the same formula is finite with room to spare."""

from typing import Callable, Optional, Tuple

import numpy as np

from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.causes.operands import FORWARD, elementwise, plain
from nanhunt.diagnose.finding import Fix


def judge(case: Case) -> Optional[Verdict]:
    """NumPy in float64 and in the operator's own dtype, on the same inputs, both far from the range's end.

    Only ordinary numbers are judged (1e-6 to 1e6): near the edges a kernel may round in its own way.
    """
    number = case.bad_output()
    if case.phase != "forward" or number is None or not case.inputs:
        return None
    bad = case.outputs[number]
    if bad.dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
        return None
    for x in case.inputs:
        size = np.abs(x[x != 0]) if x.dtype.kind == "f" else np.ones(1)
        if size.size and not (float(size.min()) >= 1e-6 and float(size.max()) <= 1e6):
            return None
    found = _elementwise(case) or _composed(case)
    if found is None:
        return None
    wide, narrow = found
    where = ~np.isfinite(bad)
    index = case.origin.producer.index
    if wide.shape != bad.shape or narrow.shape != bad.shape or not np.isfinite(narrow).all() or not (np.abs(wide) < 1e15).all():
        return None
    return Verdict(
        "kernel-defect",
        "%s gives %s at %s, where NumPy gives %.9g in float64 and %.9g in %s on the same inputs: the kernel is wrong there "
        "(%d elements)"
        % (
            case.node.op,
            case.value_at(index),
            case.place(),
            float(wide[index]),
            float(narrow[index]),
            bad.dtype.name,
            int(where.sum()),
        ),
        (Fix("another kernel for it: operators that compute the same, MKL-DNN off, or another version"),),
    )


Pair = Tuple[np.ndarray, np.ndarray]


def _elementwise(case: Case) -> Optional[Pair]:
    call = elementwise(case.node, case.inputs)
    if call is None or call.name not in FORWARD:
        return None
    function, operands = FORWARD[call.name], call.broadcast()
    narrow = [x.astype(case.inputs[0].dtype) for x in operands]
    return np.asarray(function(*operands)), np.asarray(function(*narrow))


def _composed(case: Case) -> Optional[Pair]:
    """A few operators that are more than one elementwise function."""
    name, x = plain(case.node.op), case.inputs[0]
    attributes = case.node.attributes

    def both(function: Callable[[np.ndarray], np.ndarray]) -> Pair:
        return function(x.astype(np.float64)), function(x)

    if (
        name in ("softmax", "log_softmax")
        and len(case.inputs) == 1
        and attributes.get("temperature", "None") in ("None", "1.0")
    ):
        axis = int(attributes.get("axis", "-1"))

        def log_softmax(a: np.ndarray) -> np.ndarray:
            gap = a - a.max(axis=axis, keepdims=True)
            out = gap - np.log(np.exp(gap).sum(axis=axis, keepdims=True))
            return np.asarray(np.exp(out) if name == "softmax" else out)

        return both(log_softmax)
    if name in ("FullyConnected", "fully_connected") and attributes.get("flatten", "True") in ("True", "1"):
        arrays = [x.reshape(x.shape[0], -1), *case.inputs[1:]]

        def dense(dtype: np.dtype) -> np.ndarray:
            data, weight, *bias = (a.astype(dtype) for a in arrays)
            return np.asarray(data @ weight.T + (bias[0] if bias else 0))

        return dense(np.dtype(np.float64)), dense(x.dtype)
    return None
