"""gradient-singularity: the value is finite, but its derivative is infinite at the edge of the operator's domain."""

from typing import Callable, Dict, Optional

import numpy as np

from nanhunt.backends.graph import Node
from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.finding import Fix

Edge = Callable[[np.ndarray, Node], np.ndarray]


def _zero(x: np.ndarray, node: Node) -> np.ndarray:
    return np.asarray(x == 0)


def _one(x: np.ndarray, node: Node) -> np.ndarray:
    return np.asarray(np.abs(x) == 1)


def _power(x: np.ndarray, node: Node) -> np.ndarray:
    exponent = float(node.attributes.get("scalar", "nan"))
    return np.asarray((x == 0) & (exponent < 1))


# Operator to the inputs at which its derivative is infinite while its value is finite.
_EDGES: Dict[str, Edge] = {
    "sqrt": _zero,
    "cbrt": _zero,
    "_power_scalar": _power,
    "arcsin": _one,
    "arccos": _one,
    "arctanh": _one,
    "arccosh": _one,
}
_NORMS = ("norm",)


def judge(case: Case) -> Optional[Verdict]:
    """The gradient is non-finite exactly where the forward's input stands on the edge."""
    if case.origin.producer.phase != "backward" or not case.inputs or not case.outputs:
        return None
    op = case.node.op[len("_npi_") :] if case.node.op.startswith("_npi_") else case.node.op
    passed = case.calls.gradients_out.get(case.origin.node, ())
    gradient = next((g for g in passed if g is not None and not np.isfinite(g).all()), None)
    x = case.inputs[0]
    if gradient is None or gradient.shape != x.shape:
        return None
    bad = ~np.isfinite(gradient)
    if op in _EDGES:
        at_edge = _EDGES[op](x, case.node)
    elif op in _NORMS:
        # The norm of a group is 0 only where all of it is.
        at_edge = x == 0
        if not (case.outputs[0] == 0).any():
            return None
    else:
        return None
    if not at_edge[bad].all():
        return None
    index = case.origin.producer.index
    return Verdict(
        "gradient-singularity",
        "%s is finite at %.6g but its derivative there is not, so the gradient becomes %s at %s "
        "(%d elements on the edge, all %d bad ones among them)"
        % (case.node.op, float(x[index]), case.origin.producer.value, list(index), int(at_edge.sum()), int(bad.sum())),
        (Fix("keep the input off the edge, for example %s(x + eps) with eps at 1e-12 or above" % op),),
    )
