"""In which range every value of a recorded graph lies, whatever the batch and the parameters are: interval arithmetic."""

import math
from dataclasses import dataclass, replace
from typing import AbstractSet, Callable, Dict, Mapping, Sequence, Tuple

from nanhunt.backends.graph import Graph, Node, Port
from nanhunt.preflight.base import LIKELY, NOTE, POSSIBLE, WARNING

_PASSING = (
    "_copy identity BlockGrad make_loss Cast cast Flatten flatten Reshape reshape reshape_like transpose expand_dims squeeze "
    "slice slice_axis slice_like SwapAxis swapaxes broadcast_to broadcast_axis broadcast_axes broadcast_like tile repeat take "
    "pick gather_nd SliceChannel split Crop UpSampling _contrib_BilinearResize2D sort reverse _copyto amp_cast"
)
PASSING = frozenset(_PASSING.split())
"""Operators whose values are some of their first input's."""
_ADDS_ZERO = frozenset(["Dropout", "Pad", "pad", "SequenceMask"])
_JOINING = frozenset(["Concat", "concat", "stack", "broadcast_maximum", "broadcast_minimum", "_maximum", "_minimum"])
_COMPARING = ("equal", "greater", "lesser", "logical", "one_hot", "isfinite")


@dataclass(frozen=True)
class Range:
    """Bounds of a value.

    Attributes:
        known: whether an operator sets the bound; else nothing is known of the value.
        sure: LIKELY where ordinary values reach the lower bound, as relu reaches 0; POSSIBLE where only rare ones do.
        says: the value in words.
    """

    low: float
    high: float
    known: bool
    sure: str
    says: str


def severity_of(found: Range) -> str:
    """Of a value that can reach an edge."""
    return WARNING if found.sure == LIKELY else NOTE


def place_of(node: Node) -> str:
    """`block, file.py:line`."""
    return ", ".join(each for each in (node.block, node.source) if each) or node.name


def source_of(graph: Graph, port: Port, through: AbstractSet[str]) -> Port:
    """Where a value comes from, through operators that only pass it on."""
    while graph.nodes[port[0]].op in through:
        port = graph.nodes[port[0]].inputs[0]
    return port


def number(node: Node, name: str, default: float) -> float:
    """An attribute as a number."""
    try:
        return float(node.attributes.get(name, default))
    except ValueError:
        return default


class Ranges:
    """Of all outputs of a graph: `ranges[port]`."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._found: Dict[int, Range] = {}
        for i in range(len(graph.nodes)):
            self._found[i] = self._of(i)

    def __getitem__(self, port: Port) -> Range:
        return self._found[port[0]]

    def _of(self, i: int) -> Range:
        node = self._graph.nodes[i]
        words = "the output of %s" % node.op
        if node.leaf is not None:
            return _unknown("%s %s" % (node.leaf.group.rstrip("s"), node.leaf.name))
        inputs = [self._found[port[0]] for port in node.inputs]
        if node.op in ("elemwise_mul", "broadcast_mul", "_mul") and node.inputs[0] == node.inputs[1]:
            return Range(0.0, math.inf, True, _zero_of(inputs[0]), "a square")
        rule = _RULES.get(node.op)
        if rule is not None:
            return rule(node, inputs)
        if node.op in PASSING and inputs:
            return inputs[0]
        if any(word in node.op for word in _COMPARING):
            return Range(0.0, 1.0, True, LIKELY, words)
        return _unknown(words)


def _unknown(says: str) -> Range:
    return Range(-math.inf, math.inf, False, POSSIBLE, says)


def _zero_of(found: Range) -> str:
    """How sure it is that a square or magnitude of the value is 0: where an operator gives 0 itself, as relu does."""
    return LIKELY if found.known and found.low == 0 and found.sure == LIKELY else POSSIBLE


def _fixed(low: float, high: float, sure: str) -> Callable[[Node, Sequence[Range]], Range]:
    return lambda node, inputs: Range(low, high, True, sure, "the output of %s" % node.op)


def _magnitude(node: Node, inputs: Sequence[Range]) -> Range:
    found = inputs[0]
    words = {"square": "a square", "abs": "a magnitude", "norm": "a norm"}.get(node.op, "the output of %s" % node.op)
    if found.known and found.low > 0:
        return replace(found, low=found.low**2 if node.op == "square" else found.low, high=math.inf, says=words)
    return Range(0.0, math.inf, True, _zero_of(found), words)


def _activation(node: Node, inputs: Sequence[Range]) -> Range:
    kind = node.attributes.get("act_type", node.op)
    low, high, sure = _ACTIVATIONS.get(kind, (-math.inf, math.inf, POSSIBLE))
    return Range(low, high, low > -math.inf, sure, "the output of %s" % kind)


_ACTIVATIONS: Mapping[str, Tuple[float, float, str]] = {
    "relu": (0.0, math.inf, LIKELY),
    "sigmoid": (0.0, 1.0, POSSIBLE),
    "hard_sigmoid": (0.0, 1.0, LIKELY),
    "tanh": (-1.0, 1.0, LIKELY),
    "softrelu": (0.0, math.inf, POSSIBLE),
    "softsign": (-1.0, 1.0, LIKELY),
}


def _scalar(shift: Callable[[float, float], float], swaps: bool = False) -> Callable[[Node, Sequence[Range]], Range]:
    def rule(node: Node, inputs: Sequence[Range]) -> Range:
        by, found = number(node, "scalar", 0.0), inputs[0]
        ends = [_safe(shift, found.low, by), _safe(shift, found.high, by)]
        low, high = min(ends), max(ends)
        turned = ends[0] > ends[1] or swaps
        sure = found.sure if not turned or found.high < math.inf else POSSIBLE
        return Range(low, high, found.known, sure, found.says if low == found.low else "%s, shifted or scaled" % found.says)

    return rule


def _safe(shift: Callable[[float, float], float], value: float, by: float) -> float:
    result = shift(value, by)
    return 0.0 if math.isnan(result) else result


def _bounded(node: Node, inputs: Sequence[Range]) -> Range:
    """`clip`, `_maximum_scalar`, `_minimum_scalar`."""
    low = number(node, "a_min", -math.inf) if node.op == "clip" else -math.inf
    high = number(node, "a_max", math.inf) if node.op == "clip" else math.inf
    if node.op == "_maximum_scalar":
        low = number(node, "scalar", -math.inf)
    if node.op == "_minimum_scalar":
        high = number(node, "scalar", math.inf)
    found = inputs[0]
    bounded = found.low < low
    sure = LIKELY if bounded else found.sure
    says = "a value bounded from below at %g" % low if bounded else found.says
    return Range(max(low, found.low), min(high, max(low, found.high)), found.known or bounded, sure, says)


def _sum(node: Node, inputs: Sequence[Range]) -> Range:
    low, high = sum(each.low for each in inputs), sum(each.high for each in inputs)
    sure = LIKELY if all(each.sure == LIKELY for each in inputs) else POSSIBLE
    says = "a sum with %s" % next((each.says for each in inputs if not each.known), inputs[0].says)
    return Range(low, high, all(each.known for each in inputs), sure, says)


def _difference(node: Node, inputs: Sequence[Range]) -> Range:
    a, b = inputs
    low, high = a.low - b.high, a.high - b.low
    low, high = (-math.inf if math.isnan(low) else low), (math.inf if math.isnan(high) else high)
    return Range(low, high, a.known and b.known, POSSIBLE, "a difference")


def _product(node: Node, inputs: Sequence[Range]) -> Range:
    a, b = inputs
    if not (a.known and b.known):
        return _unknown("a product")
    ends = [_safe(lambda x, y: x * y, x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    sure = LIKELY if LIKELY in (a.sure, b.sure) else POSSIBLE
    return Range(min(ends), max(ends), True, sure, "a product")


def _quotient(node: Node, inputs: Sequence[Range]) -> Range:
    a, b = inputs
    if a.known and b.known and a.low >= 0 and b.low >= 0:
        return Range(0.0, math.inf, True, a.sure, "a quotient")
    return _unknown("a quotient")


def _join(node: Node, inputs: Sequence[Range]) -> Range:
    least = min(inputs, key=lambda each: each.low)
    low, high = least.low, max(each.high for each in inputs)
    if node.op in ("broadcast_maximum", "_maximum"):
        least = max(inputs, key=lambda each: each.low)
        low = least.low
    return replace(least, low=low, high=high, known=all(each.known for each in inputs) or low > -math.inf)


def _reduced(node: Node, inputs: Sequence[Range]) -> Range:
    """Sums and means over axes: a sum of values that are all at their bound is rarer than one of them."""
    found = inputs[0]
    low = found.low if node.op != "sum" or found.low <= 0 else 0.0
    low = -math.inf if node.op == "sum" and found.low < 0 else low
    high = math.inf if node.op == "sum" and found.high > 0 else found.high
    return Range(low, high, found.known and low > -math.inf, found.sure, "a %s of %s" % (node.op, found.says))


def _with_zero(node: Node, inputs: Sequence[Range]) -> Range:
    found = inputs[0]
    if not found.known:
        return found
    return Range(min(0.0, found.low), max(0.0, found.high), True, LIKELY, "the output of %s" % node.op)


def _where(node: Node, inputs: Sequence[Range]) -> Range:
    return _join(node, inputs[1:])


def _root(node: Node, inputs: Sequence[Range]) -> Range:
    found = inputs[0]
    low = math.sqrt(found.low) if found.low > 0 and found.low < math.inf else 0.0
    high = math.sqrt(found.high) if 0 < found.high < math.inf else math.inf
    return Range(low, high, True, found.sure if found.known else POSSIBLE, "a root of %s" % found.says)


def _exponential(node: Node, inputs: Sequence[Range]) -> Range:
    found = inputs[0]
    low = math.exp(found.low) if -700 < found.low < 700 else 0.0
    return Range(low, math.inf, True, POSSIBLE, "the output of exp")


def _power(node: Node, inputs: Sequence[Range]) -> Range:
    exponent = number(node, "scalar", 1.0)
    if exponent > 0 and exponent == int(exponent) and int(exponent) % 2 == 0:
        return _magnitude(replace(node, op="square"), inputs)
    if inputs[0].low >= 0 and exponent > 0:
        return Range(0.0, math.inf, True, inputs[0].sure, "a power of %s" % inputs[0].says)
    return _unknown("a power")


_Rule = Callable[[Node, Sequence[Range]], Range]
_RULES: Dict[str, _Rule] = {
    "Activation": _activation,
    "relu": _activation,
    "sigmoid": _activation,
    "hard_sigmoid": _activation,
    "tanh": _activation,
    "softsign": _activation,
    "softmax": _fixed(0.0, 1.0, POSSIBLE),
    "SoftmaxOutput": _fixed(0.0, 1.0, POSSIBLE),
    "SoftmaxActivation": _fixed(0.0, 1.0, POSSIBLE),
    "log_softmax": _fixed(-math.inf, 0.0, POSSIBLE),
    "exp": _exponential,
    "square": _magnitude,
    "abs": _magnitude,
    "norm": _magnitude,
    "sqrt": _root,
    "_power_scalar": _power,
    "clip": _bounded,
    "_maximum_scalar": _bounded,
    "_minimum_scalar": _bounded,
    "_plus_scalar": _scalar(lambda x, by: x + by),
    "_minus_scalar": _scalar(lambda x, by: x - by),
    "_rminus_scalar": _scalar(lambda x, by: by - x, swaps=True),
    "_mul_scalar": _scalar(lambda x, by: x * by),
    "_div_scalar": _scalar(lambda x, by: x / by if by else math.nan),
    "negative": _scalar(lambda x, by: -x, swaps=True),
    "elemwise_add": _sum,
    "broadcast_add": _sum,
    "_plus": _sum,
    "_grad_add": _sum,
    "add_n": _sum,
    "elemwise_sub": _difference,
    "broadcast_sub": _difference,
    "_minus": _difference,
    "elemwise_mul": _product,
    "broadcast_mul": _product,
    "_mul": _product,
    "elemwise_div": _quotient,
    "broadcast_div": _quotient,
    "_div": _quotient,
    "where": _where,
    "sum": _reduced,
    "mean": _reduced,
    "max": _reduced,
    "min": _reduced,
    "Pooling": _reduced,
    "zeros_like": _fixed(0.0, 0.0, LIKELY),
    "ones_like": _fixed(1.0, 1.0, LIKELY),
    **dict.fromkeys(_JOINING, _join),
    **dict.fromkeys(_ADDS_ZERO, _with_zero),
}
