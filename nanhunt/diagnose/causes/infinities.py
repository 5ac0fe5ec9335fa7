"""inf-minus-inf in a softmax or a sum that was given infinities on purpose."""

from typing import Optional

import numpy as np

from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.causes.normalisation import SOFTMAXES
from nanhunt.diagnose.causes.operands import plain
from nanhunt.diagnose.finding import Fix


def judge(case: Case) -> Optional[Verdict]:
    """NaN in rows of a softmax whose largest logit is infinite: the kernel subtracts the largest from each."""
    number = case.bad_output()
    if case.phase != "forward" or number is None or not case.inputs or plain(case.node.op) not in SOFTMAXES:
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
