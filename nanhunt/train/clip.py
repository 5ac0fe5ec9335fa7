"""Keep the global norm of the gradient that is applied below a limit."""

import math
from typing import Any, List, Sequence

import numpy as np


def clip_gradients(parameters: Sequence[Any], batch_size: float, limit: float) -> float:
    """Scale all gradients so that the norm of their sum over devices, divided by `batch_size`, is at most `limit`.

    That is the gradient which `Trainer.step(batch_size)` applies. A norm that is not finite scales nothing: NaN would reach
    every gradient, and Inf would turn the finite ones to 0.

    Returns:
        The norm before scaling.
    """
    trained = [each for each in parameters if each.grad_req != "null"]
    norm = _global_norm([_sum_over_devices(each.list_grad()) for each in trained]) / batch_size
    if math.isfinite(norm) and norm > limit:
        for parameter in trained:
            for gradient in parameter.list_grad():
                gradient *= limit / norm
    return norm


def _sum_over_devices(gradients: Sequence[Any]) -> Any:
    if len(gradients) == 1:
        return gradients[0]
    import mxnet as mx

    return mx.nd.add_n(*[each.as_in_context(gradients[0].context) for each in gradients])


def _global_norm(gradients: List[Any]) -> float:
    """Euclidean norm over all elements; a square that overflows float32 is computed again in float64."""
    import mxnet as mx

    flat = [each.reshape((-1,)).astype("float32", copy=False) for each in gradients]
    squares = mx.nd.concat(*[mx.nd.dot(each, each).reshape((1,)) for each in flat], dim=0).asnumpy().astype(np.float64)
    for place in np.flatnonzero(~np.isfinite(squares)):
        exact = gradients[place].asnumpy().astype(np.float64).ravel()
        squares[place] = exact.dot(exact)
    return math.sqrt(squares.sum()) if np.isfinite(squares).all() else float(squares.sum())
