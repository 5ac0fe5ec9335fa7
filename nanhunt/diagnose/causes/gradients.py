"""A backward producer at the elements where its gradient went bad: what arrived there, and its derivative in float64."""

from dataclasses import dataclass
from typing import Optional, Tuple

import numpy as np

from nanhunt.diagnose.causes.base import Case
from nanhunt.diagnose.causes.operands import DERIVATIVES, Elementwise, elementwise


@dataclass(frozen=True)
class BadGradient:
    """The first gradient that an elementwise producer passed on non-finite.

    Attributes:
        call: the function.
        gradient: what was passed on, in the shape of that input.
        derivative, arrived, operands: in float64, in the shape of the output.
        singular: where the derivative itself is not a number of the dtype, close to an edge of the domain.
        number: which of the operator's inputs.
    """

    call: Elementwise
    gradient: np.ndarray
    derivative: np.ndarray
    arrived: np.ndarray
    operands: Tuple[np.ndarray, ...]
    singular: np.ndarray
    number: int

    @property
    def bad(self) -> np.ndarray:
        """Bad elements, in the shape of the output (all that fed one, where the operand was broadcast)."""
        return np.asarray(np.broadcast_to(~np.isfinite(self.gradient), self.arrived.shape))

    def reduced(self, mask: np.ndarray) -> np.ndarray:
        """Any, over the axes along which the operand was broadcast."""
        shape = self.gradient.shape
        lead = mask.ndim - len(shape)
        mask = mask.any(axis=tuple(range(lead))) if lead else mask
        axes = tuple(k for k, n in enumerate(shape) if n == 1 and mask.shape[k] != 1)
        return np.asarray(mask.any(axis=axes, keepdims=True) if axes else mask)


def passed_on(case: Case) -> Optional[Tuple[int, np.ndarray]]:
    """Which input's gradient is the first non-finite one, and that gradient."""
    passed = case.calls.gradients_out.get(case.origin.node, ())
    for number, gradient in enumerate(passed):
        if gradient is not None and gradient.dtype.kind == "f" and not np.isfinite(gradient).all():
            return number, gradient
    return None


def arrived_at(case: Case) -> Optional[np.ndarray]:
    """The gradient that came to the producer's first output."""
    arrived = case.calls.gradients_in.get(case.origin.node, ())
    return arrived[0] if arrived and arrived[0] is not None else None


def bad_gradient(case: Case) -> Optional[BadGradient]:
    """None for anything but an elementwise operator in the backward."""
    found, arrived = passed_on(case), arrived_at(case)
    if case.phase != "backward" or found is None or arrived is None:
        return None
    number, gradient = found
    call = elementwise(case.node, case.inputs)
    if call is None or call.name not in DERIVATIVES or number not in call.sources:
        return None
    operands = call.broadcast()
    if operands[0].shape != arrived.shape:
        return None
    place = call.sources.index(number)
    derivative = np.asarray(DERIVATIVES[call.name][place](*operands))
    largest = float(np.finfo(gradient.dtype).max)
    singular = ~np.isfinite(derivative) | (np.abs(derivative) > largest)
    if call.name == "divide" and place == 1:
        # A large dividend is not an edge; a divisor whose square vanishes is.
        singular = np.asarray(~(1 / np.square(operands[1]) <= largest))
    elif call.name == "multiply":
        singular = np.zeros(arrived.shape, bool)
    return BadGradient(call, gradient, derivative, arrived.astype(np.float64), operands, singular, number)
