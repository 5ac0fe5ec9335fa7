"""variance-cancellation: a variance computed as E[x^2] - E[x]^2 comes out below -eps."""

from typing import List, Optional, Tuple

import numpy as np

from nanhunt.backends.graph import Port
from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.causes.operands import elementwise, plain
from nanhunt.diagnose.finding import Fix

_PASSING = ("reshape", "Reshape", "expand_dims", "squeeze", "broadcast_to", "broadcast_like", "_plus_scalar", "add_scalar")
_MEANS = ("mean", "sum", "_np_sum", "moments", "_div_scalar", "true_divide_scalar", "_mul_scalar", "multiply_scalar")


def judge(case: Case) -> Optional[Verdict]:
    """Inside a normalisation, or written out by the program."""
    return _in_a_normalisation(case) or _written_out(case)


def _origin_of(case: Case, port: Port, through: Tuple[str, ...]) -> Port:
    """The port behind operators that only pass values on (or scale them)."""
    nodes = case.evidence.graph.nodes
    for _ in range(8):
        node = nodes[port[0]]
        if node.leaf is not None or plain(node.op) not in through or not node.inputs:
            break
        port = node.inputs[0]
    return port


def _square_of(case: Case, port: Port) -> Optional[Port]:
    """What is squared there; None where that is no square."""
    node = case.evidence.graph.nodes[port[0]]
    name = plain(node.op)
    if name == "square" or (name in ("_power_scalar", "power_scalar") and float(node.attributes.get("scalar", "0")) == 2):
        return node.inputs[0]
    if name in ("elemwise_mul", "broadcast_mul", "multiply") and node.inputs[0] == node.inputs[1]:
        return node.inputs[0]
    return None


def _written_out(case: Case) -> Optional[Verdict]:
    """A root (or power, or log) of mean(x * x) - mean(x) * mean(x), never below 0 in exact arithmetic."""
    call = elementwise(case.node, case.inputs)
    if case.phase != "forward" or call is None or call.name not in ("sqrt", "rsqrt", "power", "log") or call.sources[0] != 0:
        return None
    nodes = case.evidence.graph.nodes
    difference = _origin_of(case, case.node.inputs[0], _PASSING)
    node = nodes[difference[0]]
    if plain(node.op) not in ("elemwise_sub", "broadcast_sub", "subtract") or difference[0] not in case.calls.inputs:
        return None
    of_squares, of_mean = node.inputs
    ways: List[str] = [*_PASSING, *_MEANS]
    summed = _origin_of(case, of_squares, tuple(ways))
    inner, outer = _square_of(case, summed), _square_of(case, _origin_of(case, of_mean, _PASSING))
    if inner is None or outer is None or _origin_of(case, outer, tuple(ways)) != _origin_of(case, inner, _PASSING):
        return None
    first, second = case.calls.inputs[difference[0]]
    wide = np.broadcast_arrays(first.astype(np.float64), second.astype(np.float64))
    argument = case.calls.outputs[difference[0]][0]
    if wide[0].shape != argument.shape or argument.dtype.kind != "f":
        return None
    negative = argument < 0
    # Rounding of each side: some ulps, more for longer sums.
    near = np.abs(wide[0] - wide[1]) <= 64 * np.finfo(argument.dtype).eps * np.abs(wide[0])
    if not negative.any() or not near[negative].all():
        return None
    at = tuple(int(k) for k in np.argwhere(negative)[0])
    return Verdict(
        "variance-cancellation",
        "E[x^2] = %.9g and E[x]^2 = %.9g agree to the last digits of %s at %s, so their difference, a variance, comes out as "
        "%.3g and %s of it is %s (%d elements are below 0)"
        % (
            float(wide[0][at]),
            float(wide[1][at]),
            argument.dtype.name,
            list(at),
            float(argument[at]),
            case.node.op,
            case.origin.producer.value,
            int(negative.sum()),
        ),
        (
            Fix("compute the variance in two passes: mean(square(x - mean(x)))"),
            Fix("maximum(variance, 0) + eps before the root"),
        ),
    )


def _in_a_normalisation(case: Case) -> Optional[Verdict]:
    """A normalisation with finite input whose output is NaN in channels where the one-pass variance is negative."""
    if case.origin.producer.phase != "forward" or len(case.inputs) < 3 or not case.outputs:
        return None
    x, y = case.inputs[0], case.outputs[0]
    if x.shape != y.shape or x.ndim < 2 or "eps" not in case.node.attributes:
        return None
    eps = float(case.node.attributes["eps"])
    axis = int(case.node.attributes.get("axis", 1))
    others = tuple(k for k in range(x.ndim) if k != axis % x.ndim)
    bad = ~np.isfinite(y).all(axis=others)
    exact = x.astype(np.float64)
    mean, true = exact.mean(axis=others), exact.var(axis=others)
    one_pass = (x * x).mean(axis=others, dtype=x.dtype) - np.square(x.mean(axis=others, dtype=x.dtype))
    # How far rounding can take the one-pass form from the truth: a few ulps of E[x^2].
    slack = 8 * np.finfo(x.dtype).eps * (mean**2 + true)
    explained = bad & (true + eps > 0) & (true - slack < -eps)
    if not bad.any() or not explained[bad].all():
        return None
    channel = int(np.argmax(bad))
    return Verdict(
        "variance-cancellation",
        "channel %d of %s has mean %.5g and true variance %.3g; E[x^2]-E[x]^2 in %s can be off by %.2g "
        "(here about %.3g), below -eps = -%.3g, and its "
        "square root is nan"
        % (channel, case.node.op, mean[channel], true[channel], x.dtype.name, slack[channel], float(one_pass[channel]), eps),
        (
            Fix("use BatchNorm, which computes the variance in two passes, instead of %s" % case.node.op),
            Fix(
                "a larger eps (above %.2g for this channel) or more elements a channel (bigger batch or crop)" % slack[channel]
            ),
        ),
    )
