"""masked-branch: a mask hides a singular value in the forward, but 0 times its infinite derivative is NaN in the backward."""

from typing import List, Optional, Set

import numpy as np

from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.causes.gradients import bad_gradient
from nanhunt.diagnose.causes.operands import plain
from nanhunt.diagnose.evidence import Evidence
from nanhunt.diagnose.finding import Fix

# Operators that choose between their inputs' elements: the gradient of what was not chosen is exactly 0.
_CHOOSING = (
    *("where", "where_lscalar", "where_rscalar", "where_scalar2", "pick", "slice", "slice_axis", "slice_like", "take"),
    *("gather_nd", "boolean_mask", "SequenceMask", "sequence_mask", "SequenceLast", "SliceChannel", "split", "_split_v2"),
    *("_maximum", "_minimum", "broadcast_maximum", "broadcast_minimum", "_maximum_scalar", "_minimum_scalar", "maximum"),
    *("minimum", "maximum_scalar", "minimum_scalar", "clip", "relu", "max", "min", "amax", "amin", "sort", "topk"),
    *("batch_take", "Crop", "getitem", "boolean_mask_assign_tensor", "boolean_mask_assign_scalar"),
)
_PRODUCTS = ("elemwise_mul", "broadcast_mul", "_mul", "multiply")


def judge(case: Case) -> Optional[Verdict]:
    """Exactly 0 arrives at every bad element, the derivative there is infinite, and a mask stands behind."""
    found = bad_gradient(case)
    if found is None or found.singular.shape != found.arrived.shape:
        return None
    hidden = found.singular & (found.arrived == 0)
    bad = ~np.isfinite(found.gradient)
    at_bad = found.singular & found.bad
    if not found.reduced(found.singular)[bad].all() or not at_bad.any() or (found.arrived[at_bad] != 0).any():
        return None
    mask = mask_behind(case.evidence, case.origin.node)
    if mask is None:
        return None
    spot = tuple(int(k) for k in np.argwhere(at_bad)[0])
    value = float(case.outputs[0][spot])
    return Verdict(
        "masked-branch",
        "%s of %s is %s at %s and %s hides it in the forward, but its derivative there is %s: the gradient of 0 that arrives "
        "times that is nan (%d such elements)"
        % (
            case.node.op,
            " and ".join("%.6g" % float(x[spot]) for x in found.operands),
            "%.6g" % value,
            list(spot),
            mask,
            "not defined" if np.isnan(found.derivative[spot]) else "infinite",
            int(hidden.sum()),
        ),
        (Fix("put a harmless value in before the operator as well: %s(where(mask, x, 1))" % plain(case.node.op)),),
    )


def mask_behind(evidence: Evidence, node: int) -> Optional[str]:
    """The first operator from the node to the loss that can hide elements: one that chooses, or a product with zeros."""
    readers = evidence.graph.consumers()
    behind: Set[int] = {node}
    queue: List[int] = [node]
    while queue:
        current = queue.pop(0)
        for k in range(8):
            for reader in readers.get((current, k), ()):
                if reader in behind:
                    continue
                each = evidence.graph.nodes[reader]
                name = plain(each.op)
                relu = name in ("Activation", "activation") and each.attributes.get("act_type") == "relu"
                pooled = name in ("Pooling", "pooling") and each.attributes.get("pool_type", "max") == "max"
                if name in _CHOOSING or relu or pooled:
                    return each.op
                if name in ("_mul_scalar", "multiply_scalar") and float(each.attributes.get("scalar", "1")) == 0:
                    return "%s by 0" % each.op
                if name in _PRODUCTS and any(_is_mask(evidence, port[0], port[1], node) for port in each.inputs):
                    return "%s with a mask" % each.op
                behind.add(reader)
                queue.append(reader)
        if len(behind) > 200:
            break
    return None


# Behind these no gradient flows: a factor made by them is a constant to the backward.
_FLAT = ("equal", "not_equal", "greater", "greater_equal", "lesser", "lesser_equal", "less", "less_equal")
_CONSTANT = (
    *_FLAT,
    *("_" + name for name in _FLAT),
    *("_%s_scalar" % name for name in _FLAT),
    *("%s_scalar" % name for name in _FLAT),
    *("broadcast_%s" % name for name in _FLAT),
    *("BlockGrad", "stop_gradient", "sign", "round", "floor", "ceil", "rint", "trunc", "fix", "one_hot", "argmax", "argmin"),
    *("zeros_like", "ones_like", "_zeros", "_ones", "isnan", "isinf", "isfinite", "logical_not", "Dropout", "dropout"),
)


def _is_mask(evidence: Evidence, source: int, output: int, node: int) -> bool:
    """Whether that factor has zeros and is a constant to the backward: no value that is learned together with the other."""
    facts = evidence.output((source, output))
    if facts is None or not facts.zeros or not facts.finite:
        return False
    seen, queue = {source}, [source]
    while queue:
        current = evidence.graph.nodes[queue.pop()]
        if current.leaf is not None and current.leaf.grad_req != "null":
            return False
        if plain(current.op) in _CONSTANT:
            continue
        for port in current.inputs:
            if port[0] == node:
                return False
            if port[0] not in seen:
                seen.add(port[0])
                queue.append(port[0])
    return True
