"""exploding-gradients: the gradient is finite in float64 and beyond the dtype's range."""

from typing import List, Optional, Sequence, Tuple

import numpy as np

from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.causes.gradients import bad_gradient, passed_on
from nanhunt.diagnose.causes.operands import plain
from nanhunt.diagnose.causes.overflow import LINEAR
from nanhunt.diagnose.finding import Fix


def judge(case: Case) -> Optional[Verdict]:
    """By the derivative for elementwise operators, by differences of the float64 forward for the others."""
    found = passed_on(case)
    arrived = [g for g in case.calls.gradients_in.get(case.origin.node, ()) if g is not None]
    if case.phase != "backward" or found is None or not arrived or not case.inputs:
        return None
    number, gradient = found
    largest = float(np.finfo(gradient.dtype).max)
    index = case.origin.producer.index
    wide = [float(np.abs(g.astype(np.float64)).max()) for g in arrived if g.size]
    if not wide or len(index) != gradient.ndim:
        return None
    exact = _elementwise(case, index)
    if exact is None:
        exact = _numeric(case, number, index, absolute=False)
        if (exact is None or abs(exact) <= largest) and plain(case.node.op) in LINEAR:
            exact = _numeric(case, number, index, absolute=True)
    if exact is None or not np.isfinite(exact) or abs(exact) <= largest * 0.999:
        # What a backward adds up over a batch or a channel is no more than this.
        total = sum(float(np.abs(g.astype(np.float64)).sum()) for g in arrived)
        if exact is not None and np.isfinite(exact) and total <= largest:
            return None
        if total <= largest:
            return None
        exact = total
    return Verdict(
        "exploding-gradients",
        "the gradient of %s comes to %.4g in float64 at %s, beyond the %.4g that %s holds: gradients up to %.4g arrive, its "
        "inputs reach %.4g (%d bad elements)"
        % (
            case.node.op,
            exact,
            list(index),
            largest,
            gradient.dtype.name,
            max(wide),
            max((float(np.abs(x).max()) for x in case.inputs if x.size), default=0.0),
            int((~np.isfinite(gradient)).sum()),
        ),
        (Fix("scale the loss or the inputs down, lower the learning rate before it, or clip before"),),
    )


def _elementwise(case: Case, index: Tuple[int, ...]) -> Optional[float]:
    found = bad_gradient(case)
    if found is None:
        return None
    product = found.arrived * found.derivative
    if product.shape == found.gradient.shape:
        return float(product[index])
    lead = product.ndim - found.gradient.ndim
    product = product.sum(axis=tuple(range(lead))) if lead else product
    axes = tuple(k for k, n in enumerate(found.gradient.shape) if n == 1)
    return float(product.sum(axis=axes, keepdims=True)[index]) if axes else float(product[index])


def _numeric(case: Case, number: int, index: Tuple[int, ...], absolute: bool) -> Optional[float]:
    """Central difference of the arriving gradient times the forward, in float64, by one element of one input."""
    inputs: List[np.ndarray] = [np.array(x, dtype=np.float64) if x.dtype.kind == "f" else x for x in case.inputs]
    arrived: Sequence[Optional[np.ndarray]] = case.calls.gradients_in.get(case.origin.node, ())
    if absolute:
        inputs = [np.abs(x) if x.dtype.kind == "f" else x for x in inputs]
    if number >= len(inputs) or inputs[number].ndim != len(index) or inputs[number].dtype.kind != "f":
        return None
    step = max(1.0, abs(float(inputs[number][index]))) * 1e-3
    values = []
    for sign in (1.0, -1.0):
        moved = [x.copy() if k == number else x for k, x in enumerate(inputs)]
        moved[number][index] += sign * step
        outputs = case.reference(case.node, moved)
        if not outputs or any(y.dtype != np.float64 for y in outputs):
            return None
        values.append(outputs)
    total = 0.0
    for k, gradient in enumerate(arrived):
        if gradient is not None and k < len(values[0]) and values[0][k].shape == gradient.shape:
            weight = np.abs(gradient.astype(np.float64)) if absolute else gradient.astype(np.float64)
            total += float((weight * (values[0][k] - values[1][k])).sum())
    return total / (2 * step)
