"""Elementwise operators in one spelling: which function it is, its operands in float64, and its derivatives.

MXNet has up to six operators for one function (`elemwise_div`, `broadcast_div`, `_div_scalar`, `_rdiv_scalar`, `reciprocal`,
`_npi_true_divide`); a rule should see one division with a dividend and a divisor.
"""

import math
from dataclasses import dataclass
from typing import Callable, Dict, Optional, Sequence, Tuple

import numpy as np

from nanhunt.backends.graph import Node

_PREFIXES = ("_npi_", "_npx_", "_np_", "_sparse_", "_contrib_")

# The function of an operator with two array operands, by the operator's name without prefix.
_BINARY = {
    **dict.fromkeys(("elemwise_div", "broadcast_div", "_div", "true_divide", "_scatter_elemwise_div", "_Div"), "divide"),
    **dict.fromkeys(("elemwise_mul", "broadcast_mul", "_mul", "multiply"), "multiply"),
    **dict.fromkeys(("elemwise_add", "broadcast_add", "_plus", "_add", "_grad_add", "add"), "add"),
    **dict.fromkeys(("elemwise_sub", "broadcast_sub", "_minus", "_sub", "subtract"), "subtract"),
    **dict.fromkeys(("_power", "broadcast_power", "power"), "power"),
    **dict.fromkeys(("_mod", "broadcast_mod", "mod"), "mod"),
    **dict.fromkeys(("_hypot", "broadcast_hypot", "hypot"), "hypot"),
    "arctan2": "arctan2",
}

# The same with a number for one operand: the function and whether the number stands on the left.
_SCALAR = {
    **dict.fromkeys(("_div_scalar", "true_divide_scalar"), ("divide", False)),
    **dict.fromkeys(("_rdiv_scalar", "rtrue_divide_scalar"), ("divide", True)),
    **dict.fromkeys(("_mul_scalar", "multiply_scalar"), ("multiply", False)),
    **dict.fromkeys(("_plus_scalar", "add_scalar"), ("add", False)),
    **dict.fromkeys(("_minus_scalar", "subtract_scalar"), ("subtract", False)),
    **dict.fromkeys(("_rminus_scalar", "rsubtract_scalar"), ("subtract", True)),
    **dict.fromkeys(("_power_scalar", "power_scalar"), ("power", False)),
    **dict.fromkeys(("_rpower_scalar", "rpower_scalar"), ("power", True)),
    **dict.fromkeys(("_mod_scalar", "mod_scalar"), ("mod", False)),
    **dict.fromkeys(("_rmod_scalar", "rmod_scalar"), ("mod", True)),
    **dict.fromkeys(("_hypot_scalar", "hypot_scalar"), ("hypot", False)),
}


def _lgamma(x: np.ndarray) -> np.ndarray:
    def one(value: float) -> float:
        try:
            return math.lgamma(value)
        except (ValueError, OverflowError):
            return math.inf

    return np.asarray(np.vectorize(one, otypes=[np.float64])(x))


def _gamma(x: np.ndarray) -> np.ndarray:
    def one(value: float) -> float:
        try:
            return math.gamma(value)
        except OverflowError:
            return math.inf
        except ValueError:
            return math.nan

    return np.asarray(np.vectorize(one, otypes=[np.float64])(x))


Function = Callable[..., np.ndarray]

FORWARD: Dict[str, Function] = {
    "divide": np.divide,
    "multiply": np.multiply,
    "add": np.add,
    "subtract": np.subtract,
    "power": np.power,
    "hypot": np.hypot,
    "arctan2": np.arctan2,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "cbrt": np.cbrt,
    "rcbrt": lambda x: 1 / np.cbrt(x),
    "square": np.square,
    "exp": np.exp,
    "expm1": np.expm1,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "tan": np.tan,
    "sin": np.sin,
    "cos": np.cos,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "arcsin": np.arcsin,
    "arccos": np.arccos,
    "arctan": np.arctan,
    "arcsinh": np.arcsinh,
    "arccosh": np.arccosh,
    "arctanh": np.arctanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "softrelu": lambda x: np.logaddexp(0, x),
    "relu": lambda x: np.maximum(x, 0),
    "abs": np.abs,
    "negative": np.negative,
    "degrees": np.degrees,
    "radians": np.radians,
    "gammaln": _lgamma,
    "gamma": _gamma,
}

# The derivative by each operand, in float64.
DERIVATIVES: Dict[str, Tuple[Function, ...]] = {
    "divide": (lambda a, b: 1 / b, lambda a, b: -a / np.square(b)),
    "multiply": (lambda a, b: b, lambda a, b: a),
    "add": (lambda a, b: np.ones_like(a), lambda a, b: np.ones_like(b)),
    "subtract": (lambda a, b: np.ones_like(a), lambda a, b: -np.ones_like(b)),
    "power": (lambda a, b: b * np.power(a, b - 1), lambda a, b: np.power(a, b) * np.log(a)),
    "mod": (lambda a, b: np.ones_like(a), lambda a, b: -np.floor(a / b)),
    "hypot": (lambda a, b: a / np.hypot(a, b), lambda a, b: b / np.hypot(a, b)),
    "arctan2": (lambda a, b: b / (a * a + b * b), lambda a, b: -a / (a * a + b * b)),
    "sqrt": (lambda x: 0.5 / np.sqrt(x),),
    "rsqrt": (lambda x: -0.5 / (x * np.sqrt(x)),),
    "cbrt": (lambda x: 1 / (3 * np.square(np.cbrt(x))),),
    "rcbrt": (lambda x: -1 / (3 * x * np.cbrt(x)),),
    "square": (lambda x: 2 * x,),
    "exp": (np.exp,),
    "expm1": (np.exp,),
    "sinh": (np.cosh,),
    "cosh": (np.sinh,),
    "tan": (lambda x: 1 + np.square(np.tan(x)),),
    "log": (lambda x: 1 / x,),
    "log2": (lambda x: 1 / (x * math.log(2)),),
    "log10": (lambda x: 1 / (x * math.log(10)),),
    "log1p": (lambda x: 1 / (1 + x),),
    "arcsin": (lambda x: 1 / np.sqrt(1 - np.square(x)),),
    "arccos": (lambda x: -1 / np.sqrt(1 - np.square(x)),),
    "arccosh": (lambda x: 1 / np.sqrt(np.square(x) - 1),),
    "arctanh": (lambda x: 1 / (1 - np.square(x)),),
    "abs": (np.sign,),
    "negative": (lambda x: -np.ones_like(x),),
}


def plain(op: str) -> str:
    """An operator's name without the prefix of its namespace: `_npi_log` is `log`."""
    for prefix in _PREFIXES:
        if op.startswith(prefix) and len(op) > len(prefix):
            return op[len(prefix) :]
    return op


@dataclass(frozen=True)
class Elementwise:
    """One elementwise function and what it was applied to.

    Attributes:
        name: a key of FORWARD or DERIVATIVES, or another unary operator's name.
        operands: in float64, as the operator saw them (a number already rounded to the dtype), not broadcast.
        sources: for each operand the number of the operator's input, None for a number.
        scalar: that number before rounding; None without one.
    """

    name: str
    operands: Tuple[np.ndarray, ...]
    sources: Tuple[Optional[int], ...]
    scalar: Optional[float] = None

    @property
    def rounded_to_inf(self) -> bool:
        """Whether the program's number is finite, but not in this dtype."""
        place = self.sources.index(None) if None in self.sources else -1
        return self.scalar is not None and bool(np.isfinite(self.scalar)) and not np.isfinite(self.operands[place]).all()

    def broadcast(self) -> Tuple[np.ndarray, ...]:
        """The operands in the result's shape."""
        return tuple(np.broadcast_arrays(*self.operands))


def elementwise(node: Node, inputs: Sequence[np.ndarray]) -> Optional[Elementwise]:
    """The operator as a function of numbers; None where it is none, or its inputs are not known."""
    if not inputs or any(x.dtype.kind not in "fiu" for x in inputs):
        return None
    name = plain(node.op)
    wide = tuple(np.asarray(x, dtype=np.float64) for x in inputs)
    try:
        if name in _SCALAR and len(inputs) == 1:
            function, left = _SCALAR[name]
            scalar = float(node.attributes.get("scalar", "1"))
            kind = inputs[0].dtype if inputs[0].dtype.kind == "f" else np.dtype(np.float32)
            with np.errstate(all="ignore"):
                number = np.asarray(scalar).astype(kind).astype(np.float64)
            operands = (number, wide[0]) if left else (wide[0], number)
            return Elementwise(function, operands, (None, 0) if left else (0, None), scalar)
        if name in _BINARY and len(inputs) == 2:
            np.broadcast(*wide)
            return Elementwise(_BINARY[name], wide, (0, 1))
    except ValueError:
        return None
    if name == "reciprocal":
        return Elementwise("divide", (np.asarray(1.0), wide[0]), (None, 0))
    if name == "Activation" or name == "activation":
        name = node.attributes.get("act_type", "")
    if len(inputs) == 1 and (name in FORWARD or name in DERIVATIVES or name == "erfinv"):
        return Elementwise(name, wide, (0,))
    return None
