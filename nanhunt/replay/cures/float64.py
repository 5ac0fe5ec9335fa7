"""float64: the producer alone in float64; everything else stays as it was."""

from typing import Dict, List, Mapping, Optional

from nanhunt.backends.graph import Port
from nanhunt.replay.cures.base import GraphChange, Outcome, Situation, Variant
from nanhunt.replay.cures.batch_norm import SYNC
from nanhunt.replay.cures.rewrite import Rewrite, shown
from nanhunt.replay.cures.sync_formula import put_formula

_FLOATS = ("float16", "float32")


class Float64(GraphChange):
    """Inputs are cast to float64 before the operator and its outputs back behind it; so are the gradients."""

    name = "float64"
    summary = "the producer alone in float64"
    words = ("that operator in float64", "the operator in float64", "this operator in float64")

    def __init__(self, value: Optional[str] = None) -> None:
        super().__init__(value)
        self._wide: List[Port] = []

    def vary(self, situation: Situation) -> Variant:
        places, graph = situation.culprits(), situation.graph
        rewrite = Rewrite(graph)
        outputs = []
        self._wide = []
        did = "%s in float64, its output cast back" % shown([graph.nodes[i] for i in places])
        for i in places:
            node, forward = graph.nodes[i], situation.forward_of(i)
            known = list(forward.inputs) if forward is not None else []
            if node.op == SYNC:
                shape = known[0].shape if known and known[0] is not None else ()
                outputs.append(put_formula(rewrite, i, shape, "float32"))
                did += " (its formula, E[x^2]-E[x]^2, as it has no float64 kernel)" if i == places[0] else ""
                continue
            for number, port in enumerate(node.inputs):
                facts = known[number] if number < len(known) else None
                if facts is None or facts.dtype in _FLOATS:
                    rewrite.read(i, number, rewrite.add("Cast", [port], {"dtype": "float64"}, i, -1))
            rewrite.set(i, **in_float64(rewrite.nodes[i].attributes))
            back: List[str] = [each.dtype for each in forward.outputs if each is not None] if forward is not None else []
            self._wide += [(i, k) for k in rewrite.outputs(i)]
            for k in rewrite.outputs(i):
                dtype = back[k] if k < len(back) else "float32"
                cast = rewrite.add("Cast", [(i, k)], {"dtype": dtype}, i, 1 + k)
                rewrite.redirect((i, k), cast, but=(cast[0],))
                outputs.append(cast)
        return Variant(rewrite.graph(), situation.values, did, tuple(outputs + self._wide))

    def remark(self, situation: Situation, before: Outcome, after: Outcome) -> str:
        if after.finite:
            return super().remark(situation, before, after)
        inside = next((value for port, value in situation.watched.items() if port in self._wide and value), "")
        if inside:
            return "on these inputs it is %s in float64 as well: not the precision of this operator" % inside
        if any(situation.watched.values()):
            return "finite in float64, but beyond the dtype that it is cast back to"
        return ""


def in_float64(attributes: Mapping[str, str]) -> Dict[str, Dict[str, str]]:
    """Attributes with float64 where they name a smaller float."""
    return {"attributes": {k: "float64" if k == "dtype" and v in _FLOATS else v for k, v in attributes.items()}}
