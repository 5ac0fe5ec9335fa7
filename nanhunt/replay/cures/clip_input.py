"""clip-input: clip what the producer reads to where the operator is defined."""

import math
from typing import Dict, Optional, Tuple

import numpy as np

from nanhunt.backends.graph import Node
from nanhunt.errors import UsageError
from nanhunt.replay.cures.base import GraphChange, NotHere, NotPossible, Situation, Variant
from nanhunt.replay.cures.eps import ARGUMENTS
from nanhunt.replay.cures.rewrite import Rewrite, of_numpy, plain_name, shown

_UNIT = ("arcsin", "arccos", "arctanh", "erfinv")
_POSITIVE = (
    *("log", "log2", "log10", "sqrt", "rsqrt", "norm"),
    *("_power_scalar", "power_scalar", "_power", "broadcast_power", "power"),
)
_GROWING = ("exp", "expm1", "sinh", "cosh")
_FROM_ONE = ("arccosh",)
_ABOVE_MINUS_ONE = ("log1p",)
_LARGEST: Dict[str, float] = {"float16": 11.0, "float32": 88.0, "float64": 709.0}


class ClipInput(GraphChange):
    """Without a value, to the operator's own domain. Clipping passes no gradient where it clips."""

    name = "clip-input"
    takes = "LO,HI"
    summary = "the producer's input clipped to where the operator is defined"
    words = ("maximum(", "clip the argument", "clip the input", "clip its input", "clip(", "clamp")

    def __init__(self, value: Optional[str] = None) -> None:
        super().__init__(value)
        self._range: Optional[Tuple[float, float]] = None
        if value is not None:
            try:
                low, high = (float(each) for each in value.split(","))
            except ValueError:
                low, high = math.nan, math.nan
            if not low < high:
                raise UsageError("--try clip-input takes two numbers such as clip-input=1e-6,1, found %r" % value)
            self._range = (low, high)

    def vary(self, situation: Situation) -> Variant:
        places, graph = situation.culprits(), situation.graph
        node = graph.nodes[places[0]]
        low, high = self._range or _domain(situation, places[0], node)
        number = ARGUMENTS.get(plain_name(node.op), 0)
        limits = {"a_min": repr(max(low, -_MAX)), "a_max": repr(min(high, _MAX))}
        rewrite = Rewrite(graph)
        for i in places:
            op = "_npi_clip" if of_numpy(graph.nodes[i]) else "clip"
            rewrite.read(i, number, rewrite.add(op, [graph.nodes[i].inputs[number]], limits, i, -1))
        did = "the input of %s clipped to [%g, %g]; no gradient flows where it is clipped" % (
            shown([graph.nodes[i] for i in places]),
            low,
            high,
        )
        if plain_name(node.op) == "log" and low > 0:
            did += " (its value there is then %.4g, not what it should be)" % math.log(low)
        return Variant(rewrite.graph(), situation.values, did, tuple((i, 0) for i in places))


_MAX = float(np.finfo(np.float32).max)


def _domain(situation: Situation, place: int, node: Node) -> Tuple[float, float]:
    """Where the operator and its derivative are finite, in the dtype of its input."""
    forward = situation.forward_of(place)
    name = plain_name(node.op)
    number = ARGUMENTS.get(name, 0)
    facts = forward.inputs[number] if forward is not None and number < len(forward.inputs) else None
    dtype = facts.dtype if facts is not None else "float32"
    small = 1e-4 if dtype == "float16" else 1e-12
    if name in _UNIT:
        inside = 1 - (1e-3 if dtype == "float16" else 1e-6)
        return -inside, inside
    if name in _GROWING:
        return -math.inf, _LARGEST.get(dtype, 88.0)
    if name in _FROM_ONE:
        return 1 + 1e-6, math.inf
    if name in _ABOVE_MINUS_ONE:
        return -1 + 1e-6, math.inf
    if name in _POSITIVE:
        return small, math.inf
    if name in ARGUMENTS:
        if facts is not None and facts.minimum is not None and facts.minimum < 0:
            raise NotPossible("a divisor of either sign cannot be clipped away from 0; give a range: clip-input=LO,HI")
        return small, math.inf
    raise NotHere("%s is defined everywhere; give a range: clip-input=LO,HI" % node.op)
