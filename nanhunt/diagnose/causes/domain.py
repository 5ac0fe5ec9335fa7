"""Outside a function's domain.

divide-by-zero, sqrt-of-negative, power-domain, inverse-trig-domain, zero-times-inf, inf-minus-inf.
"""

from typing import Callable, List, NamedTuple, Optional, Tuple

import numpy as np

from nanhunt.diagnose.causes.base import Case, Verdict
from nanhunt.diagnose.causes.operands import Elementwise, elementwise
from nanhunt.diagnose.finding import Fix

Where = Callable[..., np.ndarray]


class Domain(NamedTuple):
    """Where a function has no finite value, with the words for it."""

    functions: Tuple[str, ...]
    outside: Where
    cause: str
    what: str
    fix: str


def _fractional(b: np.ndarray) -> np.ndarray:
    return np.asarray(b != np.floor(b))


_SAFE_DIVISOR = "keep the divisor away from 0, for example x / (y + eps) or x / maximum(y, eps)"
_DOMAINS: Tuple[Domain, ...] = (
    Domain(("divide",), lambda a, b: (b == 0) & np.isfinite(a), "divide-by-zero", "the divisor is 0", _SAFE_DIVISOR),
    Domain(("rsqrt", "rcbrt"), lambda x: x == 0, "divide-by-zero", "it divides by a root of 0", "add an eps inside the root"),
    Domain(
        ("sqrt", "rsqrt"),
        lambda x: x < 0,
        "sqrt-of-negative",
        "the argument is negative",
        "keep the argument at 0 or above, for example maximum(x, 0), or find out why it went below",
    ),
    Domain(
        ("power",),
        lambda a, b: (a < 0) & _fractional(b) & np.isfinite(a) & np.isfinite(b),
        "power-domain",
        "a negative base has no real power with a fractional exponent",
        "keep the base at 0 or above, for example abs(x) or maximum(x, 0)",
    ),
    Domain(
        ("power",),
        lambda a, b: (a == 0) & (b < 0),
        "power-domain",
        "0 has no power with a negative exponent",
        "keep the base away from 0, for example (x + eps)",
    ),
    Domain(
        ("arcsin", "arccos", "erfinv"),
        lambda x: np.abs(x) > 1,
        "inverse-trig-domain",
        "the domain is [-1, 1]",
        "clip the argument to [-1 + eps, 1 - eps]",
    ),
    Domain(
        ("arctanh", "erfinv"),
        lambda x: np.abs(x) >= 1,
        "inverse-trig-domain",
        "the domain is the open interval (-1, 1)",
        "clip the argument to [-1 + eps, 1 - eps]",
    ),
    Domain(
        ("arccosh",),
        lambda x: x < 1,
        "inverse-trig-domain",
        "the domain begins at 1",
        "keep the argument above 1, for example maximum(x, 1 + eps)",
    ),
    Domain(
        ("multiply",),
        lambda a, b: ((a == 0) & np.isinf(b)) | (np.isinf(a) & (b == 0)),
        "zero-times-inf",
        "0 times an infinity is nan",
        "mask with where(mask, x, y) or with a large finite number, not with an infinite factor",
    ),
    Domain(
        ("divide",),
        lambda a, b: np.isinf(a) & np.isinf(b),
        "inf-minus-inf",
        "an infinity divided by an infinity is nan",
        "use a large finite number for the infinite one",
    ),
    Domain(
        ("add", "subtract"),
        lambda a, b: np.isinf(a) & np.isinf(b),
        "inf-minus-inf",
        "two infinities cancel to nan",
        "use a large finite number for the infinite one",
    ),
)


def judge(case: Case) -> Optional[Verdict]:
    """The operands at every bad element lie outside the function's domain (one that a rule before has not taken)."""
    if case.origin.producer.phase != "forward" or not case.outputs:
        return None
    call = elementwise(case.node, case.inputs)
    if call is None or call.rounded_to_inf:
        return None
    operands = call.broadcast()
    bad = ~np.isfinite(case.outputs[0])
    index = case.origin.producer.index
    if bad.shape != operands[0].shape or len(index) != bad.ndim or not bad[index]:
        return None
    for domain in _DOMAINS:
        if call.name not in domain.functions:
            continue
        outside = domain.outside(*operands)
        if outside[index]:
            at = [float(x[index]) for x in operands]
            return Verdict(
                domain.cause,
                "%s of %s gives %s at %s: %s; so it is in %d of the %d bad elements"
                % (
                    case.node.op,
                    " and ".join(number(x) for x in at),
                    case.value_at(index),
                    case.place(),
                    domain.what + _rounded(call),
                    int((outside & bad).sum()),
                    int(bad.sum()),
                ),
                (Fix(domain.fix),),
            )
    return None


def number(value: float) -> str:
    """Short, and without loss where it matters."""
    return "%.9g" % value


def _rounded(call: Elementwise) -> str:
    """That the program's number is another one in this dtype."""
    if call.scalar is None or None not in call.sources:
        return ""
    seen = float(call.operands[call.sources.index(None)])
    if seen in (0.0, np.inf, -np.inf) and seen != call.scalar:
        return " (%g is %g in this dtype)" % (call.scalar, seen)
    return ""


__all__: List[str] = ["judge", "number"]
