"""inf-minus-inf in a softmax or a product of matrices that was given infinities, and zero-times-inf in the latter."""

from typing import Callable, Dict, Optional, Tuple

import numpy as np

from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.causes.normalisation import SOFTMAXES
from nanhunt.diagnose.causes.operands import plain
from nanhunt.diagnose.finding import Fix


def judge(case: Case) -> Optional[Verdict]:
    """NaN in rows of a softmax whose largest logit is infinite: the kernel subtracts the largest from each. NaN in a product of
    matrices one of which holds infinities: some of the products are added to their opposite, or are none."""
    number = case.bad_output()
    if case.phase != "forward" or number is None or not case.inputs:
        return None
    if plain(case.node.op) in _PRODUCTS:
        return _product(case, case.outputs[number])
    if plain(case.node.op) not in SOFTMAXES:
        return None
    x, y = case.inputs[0], case.outputs[number]
    index = case.origin.producer.index
    if x.shape != y.shape or len(index) != x.ndim or not np.isinf(x).any():
        return None
    many = plain(case.node.op) in ("SoftmaxOutput", "Softmax", "SoftmaxActivation")
    axis = 1 if many else int(case.node.attributes.get("axis", -1)) % x.ndim
    largest = x.max(axis=axis, keepdims=True)
    bad = np.isnan(y)
    if not bad.any() or not np.isinf(np.broadcast_to(largest, x.shape)[bad]).all():
        return None
    top = float(np.broadcast_to(largest, x.shape)[index])
    rows = int(bad.any(axis=axis).sum())
    return Verdict(
        "inf-minus-inf",
        "%s %d logits of the row at %s are %s, and %s subtracts the largest of them from each: an infinity from itself is nan; "
        "%d of %d rows are so"
        % (
            "all" if top < 0 else "some of the",
            x.shape[axis],
            case.place(),
            "-inf" if top < 0 else "+inf",
            case.node.op,
            rows,
            x.size // max(1, x.shape[axis]),
        ),
        (Fix("mask with a large finite number such as -1e9 (float16: -1e4), or leave rows out that are masked in full"),),
    )


def _is(case: Case, name: str, usual: str = "False") -> bool:
    return case.node.attributes.get(name, usual) in ("True", "1", "true")


def _of_dense(case: Case) -> Tuple[np.ndarray, np.ndarray]:
    x, weight = case.inputs[:2]
    return (x.reshape(len(x), -1) if _is(case, "flatten", "True") else x.reshape(-1, x.shape[-1])), weight.T


def _of_dot(case: Case) -> Tuple[np.ndarray, np.ndarray]:
    a, b = case.inputs[:2]
    a = a.swapaxes(-1, -2) if _is(case, "transpose_a") else a
    return a, b.swapaxes(-1, -2) if _is(case, "transpose_b") else b


_PRODUCTS: Dict[str, Callable[[Case], Tuple[np.ndarray, np.ndarray]]] = {
    "FullyConnected": _of_dense,
    "dot": _of_dot,
    "batch_dot": _of_dot,
}
"""The two factors of each, as matrices or stacks of them."""

_MOST = 4096
"""Bad elements that are looked at."""


def _product(case: Case, y: np.ndarray) -> Optional[Verdict]:
    if len(case.inputs) < 2 or min(case.inputs[0].ndim, case.inputs[1].ndim) < 2:
        return None
    a, b = _PRODUCTS[plain(case.node.op)](case)
    if (
        a.ndim != b.ndim
        or a.shape[:-2] != b.shape[:-2]
        or a.shape[-1] != b.shape[-2]
        or y.size != a[..., :1].size * b.shape[-1]
    ):
        return None
    if not (np.isinf(a).any() or np.isinf(b).any()) or np.isnan(a).any() or np.isnan(b).any():
        return None
    places = np.argwhere(np.isnan(y.reshape(*a.shape[:-1], b.shape[-1])))
    if not len(places):
        return None
    causes = set()
    for *stack, row, column in places[:_MOST]:
        left, right = (*stack, row), (*stack, slice(None), column)
        terms = a[left].astype(np.float64) * b[right].astype(np.float64)
        opposite = bool((terms == np.inf).any() and (terms == -np.inf).any())
        causes.add("zero-times-inf" if np.isnan(terms).any() else "inf-minus-inf" if opposite else "")
    if len(causes) != 1 or "" in causes:
        return None
    (cause,) = causes
    word = (
        "a product of them is 0 times an infinity" if cause == "zero-times-inf" else "the products of a row are +inf and -inf"
    )
    infinite = int(np.isinf(a).sum() + np.isinf(b).sum())
    return Verdict(
        cause,
        "%s at %s adds products of numbers of which %d are infinite: %s, and their sum is nan; so it is in all %d bad elements"
        % (case.node.op, case.place(), infinite, word, len(places)),
        (Fix("keep the infinities out of what is multiplied: mask afterwards, or with a large finite number"),),
    )
