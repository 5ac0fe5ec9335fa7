"""overflow, exp-overflow: the result, or what is summed on the way to it, is finite in float64 and beyond the dtype's range."""

from typing import List, Optional, Sequence

import numpy as np

from nanhunt.backends.graph import Node
from nanhunt.diagnose.causes.base import Case, Reference, Verdict
from nanhunt.diagnose.causes.normalisation import axes_of, spread
from nanhunt.diagnose.causes.operands import FORWARD, elementwise, plain
from nanhunt.diagnose.finding import Fix

_EXPONENTIALS = ("exp", "expm1", "sinh", "cosh")
_CASTS = ("Cast", "cast", "amp_cast", "amp_multicast", "_copyto")

# Sums of products of their inputs: the same on absolute values bounds every partial sum.
LINEAR = (
    *("dot", "batch_dot", "FullyConnected", "fully_connected", "Convolution", "convolution", "Deconvolution", "deconvolution"),
    *("sum", "mean", "add_n", "ElementWiseSum", "nansum", "cumsum", "linalg_gemm", "_linalg_gemm", "linalg_gemm2"),
    *("_linalg_gemm2", "_linalg_syrk", "matmul", "tensordot", "tensordot_int_axes", "einsum", "Pooling", "pooling"),
    *("Convolution_v1", "_square_sum", "square_sum", "khatri_rao", "average"),
)
# Those that square what they are given, and add up.
_SQUARING = ("norm", "std", "var", "moments", "LRN", "GroupNorm", "smooth_l1", "L2Normalization", "hypot")


def judge(case: Case) -> Optional[Verdict]:
    """Against float64; where even that overflows, by the operands."""
    number = case.bad_output()
    if case.phase != "forward" or not case.inputs or not _finite(case.inputs):
        return None
    if number is None:
        return _statistic(case)
    bad, index = case.outputs[number], case.origin.producer.index
    call = elementwise(case.node, case.inputs)
    largest = float(np.finfo(bad.dtype).max)
    if call is not None and call.name in _EXPONENTIALS and len(index) == call.operands[0].ndim:
        return _exponential(case, call.operands[0], bad)
    if call is not None and call.rounded_to_inf:
        return Verdict(
            "overflow",
            "the number %g of %s is beyond the %.4g that %s holds, so it is infinite there: %s at %s"
            % (call.scalar or 0, case.node.op, largest, bad.dtype.name, case.value_at(index), case.place()),
            (Fix("a number that %s holds, or this operator in float32" % bad.dtype.name),),
        )
    reference = _reference(case, number)
    widest = max((float(np.abs(x).max()) for x in case.inputs if x.size and x.dtype.kind == "f"), default=0.0)
    if reference is not None and reference.shape == bad.shape:
        beyond = ~np.isfinite(bad) & (np.abs(reference) > largest * 0.999)
        if beyond.any() and (call is None or all(np.isfinite(x).all() for x in call.operands)):
            at = index if len(index) == beyond.ndim and beyond[index] else tuple(int(k) for k in np.argwhere(beyond)[0])
            return _verdict(
                case,
                "%s at %s is %.4g in float64, beyond the %.4g that %s holds; its inputs reach %.4g "
                "(%d of %d bad elements are so)"
                % (
                    case.node.op,
                    case.place() if at == index else list(at),
                    float(reference[at]),
                    largest,
                    bad.dtype.name,
                    widest,
                    int(beyond.sum()),
                    int((~np.isfinite(bad)).sum()),
                ),
                widest,
            )
    on_the_way = magnitude(case.node, case.inputs, case.reference, number)
    normalises = bool(axes_of(case.node, case.inputs[0].ndim)) if case.inputs[0].ndim else False
    if on_the_way is None or (reference is None and plain(case.node.op) not in LINEAR and not normalises):
        return None
    if reference is not None and reference.shape == bad.shape and not np.isfinite(reference[~np.isfinite(bad)]).all():
        return None
    peak = on_the_way[~np.isfinite(bad)] if on_the_way.shape == bad.shape else on_the_way
    if not peak.size or not (peak > largest * 0.999).all():
        return None
    return _verdict(
        case,
        "%s at %s adds up terms whose magnitudes come to %.4g, beyond the %.4g that %s holds, although the result in float64 "
        "is %s; its inputs reach %.4g"
        % (
            case.node.op,
            case.place(),
            float(peak.max()),
            largest,
            bad.dtype.name,
            "%.4g" % float(reference[index]) if reference is not None and reference.shape == bad.shape else "not known",
            widest,
        ),
        widest,
    )


def _verdict(case: Case, why: str, widest: float) -> Verdict:
    return Verdict(
        "overflow",
        why,
        (
            Fix(
                "find out why the inputs reach %.3g: a lower learning rate, warm-up or clipping gradients before this iteration"
                % widest
            ),
        ),
    )


def _statistic(case: Case) -> Optional[Verdict]:
    """A normalisation whose outputs are finite although the variance that it leaves in its running statistics is not."""
    groups, x = spread(case.node, case.inputs[0]), case.inputs[0]
    if groups is None or x.dtype.kind != "f":
        return None
    largest, on_the_way = float(np.finfo(x.dtype).max), magnitude(case.node, case.inputs, case.reference)
    if on_the_way is None or not on_the_way.max() > largest:
        return None
    widest = float(np.abs(x).max())
    return _verdict(
        case,
        "%s takes the variance of inputs that reach %.4g: it is %.4g, and the squares add up to %.4g, beyond the %.4g that %s "
        "holds; the running statistic becomes %s"
        % (
            *(case.node.op, widest, float(groups.max()), float(on_the_way.max()), largest, x.dtype.name),
            case.origin.producer.value or "non-finite",
        ),
        widest,
    )


def _finite(inputs: Sequence[np.ndarray]) -> bool:
    return all(np.isfinite(x).all() for x in inputs if x.dtype.kind == "f")


def _exponential(case: Case, x: np.ndarray, bad: np.ndarray) -> Optional[Verdict]:
    limit = float(np.log(float(np.finfo(bad.dtype).max)))
    if case.node.op.endswith(("sinh", "cosh")):
        limit += float(np.log(2))
    over = np.abs(x) >= limit * 0.999
    index = case.origin.producer.index
    if not over[~np.isfinite(bad)].all():
        return None
    return Verdict(
        "exp-overflow",
        "%s of %.6g gives %s at %s: %s holds it up to %.5g; %d of %d elements are beyond"
        % (
            case.node.op,
            float(x[index]),
            case.value_at(index),
            case.place(),
            bad.dtype.name,
            limit,
            int((~np.isfinite(bad)).sum()),
            x.size,
        ),
        (Fix("keep the exponent below %.4g, or use a form that cannot overflow (log_softmax, softrelu)" % limit),),
    )


def _reference(case: Case, number: int) -> Optional[np.ndarray]:
    """The result in float64: by NumPy for what is elementwise, by the framework's own float64 kernel otherwise."""
    if plain(case.node.op) in _CASTS:
        return case.inputs[number].astype(np.float64) if number < len(case.inputs) else None
    call = elementwise(case.node, case.inputs)
    if call is not None and call.name in FORWARD:
        if call.name in ("gamma", "gammaln") and bool((call.operands[0] <= 0).any()):
            return None  # its poles are no question of range
        return np.asarray(FORWARD[call.name](*call.broadcast()))
    exact = case.reference(case.node, case.inputs)
    if not exact or number >= len(exact) or exact[number].dtype != np.float64:
        return None
    found = exact[number]
    if plain(case.node.op) in ("prod", "_np_prod", "nanprod") and not np.isfinite(found).all():
        return np.where(np.isfinite(found), found, np.inf)
    return found


def magnitude(node: Node, inputs: Sequence[np.ndarray], reference: Reference, number: int = 0) -> Optional[np.ndarray]:
    """How large the partial sums inside an operator can become, in float64; None where nothing is known of its inside."""
    name = plain(node.op)
    x = inputs[0].astype(np.float64)
    axes = axes_of(node, x.ndim) if x.ndim else None
    if axes:
        centred = x if name == "L2Normalization" else x - x.mean(axis=axes, keepdims=True)
        return np.broadcast_to(np.square(centred).sum(axis=axes, keepdims=True), x.shape)
    if name in _SQUARING:
        return np.asarray(np.square(np.abs(x).max()) if x.size else 0.0)
    if name in LINEAR:
        absolute: List[np.ndarray] = [np.abs(each) if each.dtype.kind == "f" else each for each in inputs]
        found = reference(node, absolute)
        if not found or number >= len(found) or found[number].dtype != np.float64:
            return None
        # A mean is a sum before it is divided.
        return found[number] * (x.size / max(1, found[number].size)) if name in ("mean", "average") else found[number]
    return None
