"""divide-by-zero inside an operator: a normalisation without spread or eps, a mean of nothing, a temperature of 0."""

import re
from typing import List, Optional

import numpy as np

from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.causes.normalisation import SOFTMAXES, epsilon, spread
from nanhunt.diagnose.causes.operands import plain
from nanhunt.diagnose.finding import Fix


def judge(case: Case) -> Optional[Verdict]:
    """What the operator divides by is exactly 0."""
    number = case.bad_output()
    if case.phase != "forward" or not case.inputs or number is None:
        return None
    x, y, name = case.inputs[0], case.outputs[number], plain(case.node.op)
    bad = ~np.isfinite(y)
    if name in ("mean", "_np_mean", "average") and x.size == 0:
        return Verdict(
            "divide-by-zero",
            "%s of an empty selection, shape %s, is 0/0: nan in %d elements" % (case.node.op, list(x.shape), int(bad.sum())),
            (Fix("take the mean only where something is selected, or divide the sum by maximum(count, 1)"),),
        )
    if name in SOFTMAXES and float(case.node.attributes.get("temperature") or "1") == 0.0 and _given(case, "temperature"):
        return Verdict(
            "divide-by-zero",
            "%s divides its logits by a temperature of 0; %d elements are not finite" % (case.node.op, int(bad.sum())),
            (Fix("keep the temperature above 0"),),
        )
    if name in ("Dropout", "dropout") and float(case.node.attributes.get("p", "0.5")) == 1.0:
        return Verdict(
            "divide-by-zero",
            "%s drops with p = 1 and scales what stays by 1 / (1 - p) = 1/0; %d of %d elements are not finite"
            % (case.node.op, int(bad.sum()), bad.size),
            (Fix("keep p below 1"),),
        )
    if name == "GridGenerator":
        warp = case.node.attributes.get("transform_type") == "warp"
        sizes = (
            list(x.shape[2:]) if warp else [int(n) for n in re.findall(r"\d+", case.node.attributes.get("target_shape", ""))]
        )
        if 1 not in sizes:
            return None
        return Verdict(
            "divide-by-zero",
            "%s spaces its points by 2 / (size - 1), and its target is %s: 2/0; %d of %d elements are not finite"
            % (case.node.op, sizes, int(bad.sum()), bad.size),
            (Fix("a target of at least two points a side"),),
        )
    if name in ("Pooling", "pooling"):
        return _pooling(case, bad)
    if name in _SOLVING:
        return _triangular(case, bad)
    groups = spread(case.node, x)
    if groups is None or y.shape != x.shape:
        return None
    eps = epsilon(case.node)
    # The divisor as the dtype has it: an eps below its smallest number is none.
    divisor = np.broadcast_to((groups + eps).astype(x.dtype), x.shape)
    if not (divisor[bad] == 0).all() or x.dtype.kind != "f":
        return None
    what = "sum of squares" if name == "L2Normalization" else "variance"
    return Verdict(
        "divide-by-zero",
        "%s divides by the root of %s + eps = 0 + %g at %s: its input is %.6g throughout the group; so it is in all "
        "%d bad elements" % (case.node.op, what, eps, case.place(), float(x[case.origin.producer.index]), int(bad.sum())),
        (Fix("a larger eps (1e-5 is usual), or more elements in a group"),),
    )


_SOLVING = ("_linalg_trsm", "linalg_trsm", "_linalg_potri", "linalg_potri")


def _triangular(case: Case, bad: np.ndarray) -> Optional[Verdict]:
    """Substitution divides by each element of the diagonal."""
    matrices = case.inputs[0]
    if matrices.shape[:-2] != bad.shape[:-2]:
        return None
    zeros = np.diagonal(matrices, axis1=-2, axis2=-1) == 0
    solved_badly = np.asarray(bad.any(axis=(-2, -1)))
    if not np.asarray(zeros.any(axis=-1))[solved_badly].all():
        return None
    first = [int(k) for k in np.argwhere(zeros)[0]]
    return Verdict(
        "divide-by-zero",
        "%s divides by the diagonal of its triangular matrix, which is 0 at %s; so it is in each of the %d matrices of %d that "
        "have bad elements" % (case.node.op, [*first, first[-1]], int(solved_badly.sum()), solved_badly.size),
        (Fix("keep the diagonal away from 0: add a small number to it (softrelu and exp of large negative numbers are 0)"),),
    )


def _pooling(case: Case, bad: np.ndarray) -> Optional[Verdict]:
    """An average that counts no padding, over windows that hold nothing else."""
    attributes, x = case.node.attributes, case.inputs[0]
    counted = attributes.get("count_include_pad", "True") in ("True", "1", "None")
    if attributes.get("pool_type") != "avg" or counted or x.ndim < 3 or bad.ndim != x.ndim:
        return None
    sides = x.ndim - 2
    kernel, stride, pad = (_numbers(case, key, sides, usual) for key, usual in (("kernel", 1), ("stride", 1), ("pad", 0)))
    empty = np.zeros(bad.shape, bool)
    for side in range(sides):
        start = np.arange(bad.shape[side + 2]) * stride[side] - pad[side]
        outside = (start >= x.shape[side + 2]) | (start + kernel[side] <= 0)
        empty |= outside.reshape([-1 if k == side + 2 else 1 for k in range(bad.ndim)])
    if not empty[bad].all():
        return None
    given = ", ".join("%s %s" % (key, attributes.get(key, "not given")) for key in ("kernel", "stride", "pad"))
    return Verdict(
        "divide-by-zero",
        "%s takes the average of windows that lie in the padding as a whole, and counts no padding (count_include_pad=False): "
        "0/0 in %d of %d elements, first at %s; the input is %s, %s"
        % (case.node.op, int(bad.sum()), bad.size, case.place(), list(x.shape), given),
        (Fix("pooling_convention='valid', or count_include_pad=True, or an input that the windows fit"),),
    )


def _numbers(case: Case, key: str, count: int, usual: int) -> List[int]:
    found = [int(n) for n in re.findall(r"\d+", case.node.attributes.get(key, ""))]
    return found if len(found) == count else [usual] * count


def _given(case: Case, key: str) -> bool:
    return case.node.attributes.get(key) not in (None, "", "None")
