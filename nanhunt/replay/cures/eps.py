"""eps: a larger eps in a normalisation, or one added to the argument of an operator with a pole or an edge at 0."""

import math
from typing import ClassVar, Dict, Optional, Tuple

import numpy as np

from nanhunt.backends.graph import Node
from nanhunt.replay.cures.base import Change, NotHere, NotPossible, Situation, Trial, Variant
from nanhunt.replay.cures.rewrite import Rewrite, plain_name, plus, shown, times
from nanhunt.replay.cures.update import with_epsilon

ARGUMENTS: Dict[str, int] = {
    **dict.fromkeys(("log", "log2", "log10", "sqrt", "rsqrt", "cbrt", "rcbrt", "reciprocal", "norm", "_rdiv_scalar"), 0),
    **dict.fromkeys(("_power_scalar", "power_scalar", "rtrue_divide_scalar", "gammaln", "digamma"), 0),
    **dict.fromkeys(("elemwise_div", "_div", "broadcast_div", "true_divide"), 1),
    **dict.fromkeys(("_power", "broadcast_power", "power", "arctan2"), 0),
}
"""Operator to the number of the input that must not be 0."""

INWARDS = ("arcsin", "arccos", "arctanh")
"""Operators with an edge at 1 and -1: their argument is made a little smaller."""


class Eps(Change):
    """Without a value, growing ones are tried until one cures.

    Attributes:
        eps: the value.
    """

    name = "eps"
    takes = "VALUE"
    summary = "a larger eps in the operator, or one added to its argument"
    words = ("eps",)
    most: ClassVar[int] = 4

    def __init__(self, value: Optional[str] = None) -> None:
        super().__init__(value)
        self.eps = self.number("1e-3")

    def attempt(self, situation: Situation) -> Trial:
        if situation.producer is not None and situation.producer.phase == "optimizer":
            eps, did, result = with_epsilon(situation, self.eps)
            return Trial("eps=%g" % eps, did, result)
        before = situation.baseline()
        _, node = situation.operator()
        candidates = [self.eps] if self.eps is not None else _candidates(situation, node)[: self.most]
        tried = None
        for eps in candidates:
            variant = with_eps(situation, eps)
            after = situation.run(variant)
            note = "loss %.6g" % after.loss if after.finite and not np.isfinite(before.loss) else ""
            tried = Trial("eps=%g" % eps, variant.did, after.words(), note)
            if after.finite:
                break
        if tried is None:
            raise NotPossible("its eps is as large as its values already")
        if self.eps is None and not tried.cures and len(candidates) > 1:
            tried = Trial(tried.change, tried.did + " (smaller ones from %g on neither)" % candidates[0], tried.result)
        return tried


def _candidates(situation: Situation, node: Node) -> Tuple[float, ...]:
    if "eps" in node.attributes:
        now = float(node.attributes["eps"])
        return tuple(each for each in (1e-4, 1e-3, 1e-2, 1e-1) if each > now)
    forward = situation.forward_of(situation.operator()[0])
    half = forward is not None and any(each is not None and each.dtype == "float16" for each in forward.inputs)
    if plain_name(node.op) in INWARDS:
        return (1e-3, 1e-2) if half else (1e-6, 1e-4)
    return (1e-4, 1e-2) if half else (1e-12, 1e-8, 1e-6, 1e-3)


def with_eps(situation: Situation, eps: float) -> Variant:
    """The iteration with this eps in the producer and the others like it.

    Raises:
        NotPossible: there is no place for one.
    """
    places, graph = situation.culprits(), situation.graph
    nodes = [graph.nodes[i] for i in places]
    node, name = nodes[0], plain_name(nodes[0].op)
    rewrite = Rewrite(graph)
    if "eps" in node.attributes:
        for i in places:
            rewrite.set(i, attributes=dict(graph.nodes[i].attributes, eps=repr(eps)))
        did = "eps %g instead of %g in %s" % (eps, float(node.attributes["eps"]), shown(nodes))
        return Variant(rewrite.graph(), situation.values, did, tuple((i, 0) for i in places))
    if name in INWARDS:
        for i in places:
            rewrite.read(i, 0, times(rewrite, graph.nodes[i].inputs[0], 1 - eps, i))
        did = "the argument of %s times 1 - %g" % (shown(nodes), eps)
        return Variant(rewrite.graph(), situation.values, did, tuple((i, 0) for i in places))
    if name not in ARGUMENTS:
        raise NotHere("%s has no eps, and no argument with a pole or an edge at 0" % node.op)
    which = ARGUMENTS[name]
    for i in places:
        rewrite.read(i, which, plus(rewrite, graph.nodes[i].inputs[which], eps, i))
    did = "%g added to the %s of %s" % (eps, "divisor" if which else "argument", shown(nodes))
    if name == "log":
        did += ", whose value is then %.4g where it was -inf, not what it should be" % math.log(eps)
    return Variant(rewrite.graph(), situation.values, did, tuple((i, 0) for i in places))
