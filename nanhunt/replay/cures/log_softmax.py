"""log-softmax: log_softmax of the logits, in one operator, in place of the logarithm of a softmax."""

import math
from typing import Dict, List, NamedTuple, Tuple

from nanhunt.backends.graph import Graph, Node, Port
from nanhunt.replay.cures.base import GraphChange, NotHere, Outcome, Situation, Variant
from nanhunt.replay.cures.rewrite import Rewrite, plain_name

_SELECTING = (
    *("pick", "Reshape", "reshape", "Flatten", "transpose", "expand_dims"),
    *("squeeze", "slice", "slice_axis", "take", "_copy"),
)
"""Operators that give elements of their first input unchanged: the logarithm may as well be taken before them."""


class _Found(NamedTuple):
    log: int
    softmax: int
    between: Tuple[int, ...]


class LogSoftmax(GraphChange):
    """The pattern is found by operators and ports; names play no part."""

    name = "log-softmax"
    summary = "log_softmax of the logits in place of log(softmax(logits))"
    words = ("log_softmax",)

    def vary(self, situation: Situation) -> Variant:
        graph = situation.graph
        found = _patterns(graph)
        if not found:
            raise NotHere("no logarithm of a softmax in the iteration")
        rewrite = Rewrite(graph)
        made: Dict[int, Port] = {}
        outputs: List[Port] = []
        for each in found:
            if each.softmax not in made:
                made[each.softmax] = _log_softmax(rewrite, graph, each.softmax)
            port = made[each.softmax]
            for i in reversed(each.between):  # from the softmax on
                node = graph.nodes[i]
                port = rewrite.add(node.op, (port, *node.inputs[1:]), node.attributes, each.log, -len(each.between))
            rewrite.redirect((each.log, 0), port)
            # What nobody reads any more still runs; its infinities must not be taken for something.
            rewrite.set(each.log, op="BlockGrad", attributes={}, inputs=(port,))
            outputs.append(port)
        kinds = sorted({graph.nodes[each.softmax].op for each in found})
        did = "log_softmax of the logits in place of log of %s%s" % (
            " and ".join(kinds),
            " (%d times)" % len(found) if len(found) > 1 else "",
        )
        return Variant(rewrite.graph(), situation.values, did, tuple(outputs))

    def remark(self, situation: Situation, before: Outcome, after: Outcome) -> str:
        words = super().remark(situation, before, after)
        layers = [situation.graph.nodes[each.softmax] for each in _patterns(situation.graph)]
        layer = next((node for node in layers if node.op in ("SoftmaxOutput", "Softmax")), None)
        if layer is None or not after.finite:
            return words
        said = "; " if words else ""
        said += "its gradient is now the loss's own, where %s passes back (probability - one-hot)" % layer.op
        scale = layer.attributes.get("grad_scale", "1.0")
        extra = [] if float(scale) == 1 else ["times grad_scale %s" % scale]
        extra += ["normalization %s" % layer.attributes.get("normalization", "null")]
        said += " with %s whatever stands behind it" % " and ".join(extra)
        if math.isfinite(before.norm) and math.isfinite(after.norm) and after.norm > 0:
            said += ": gradient norm %.4g instead of %.4g" % (after.norm, before.norm)
            ratio = before.norm / after.norm
            if ratio > 1.5 or ratio < 0.67:
                said += ", so scale the loss or the learning rate by about %.3g to train as before" % ratio
        return words + said


def _patterns(graph: Graph) -> List[_Found]:
    """Logarithms whose argument is a softmax, or elements of one."""
    found: List[_Found] = []
    for i, node in enumerate(graph.nodes):
        if plain_name(node.op) != "log" or not node.inputs:
            continue
        between: List[int] = []
        port = node.inputs[0]
        while plain_name(graph.nodes[port[0]].op) in _SELECTING and port[1] == 0 and graph.nodes[port[0]].inputs:
            between.append(port[0])
            port = graph.nodes[port[0]].inputs[0]
        feeder = graph.nodes[port[0]]
        if port[1] == 0 and _is_softmax(feeder):
            found.append(_Found(i, port[0], tuple(between)))
    return found


def _is_softmax(node: Node) -> bool:
    # A softmax with a length (1.6 and later) has a second input.
    most = {"softmax": 1, "SoftmaxActivation": 1, "SoftmaxOutput": 2, "Softmax": 2}
    return len(node.inputs) <= most.get(plain_name(node.op), 0)


def _log_softmax(rewrite: Rewrite, graph: Graph, softmax: int) -> Port:
    node = graph.nodes[softmax]
    logits = node.inputs[0]
    name = plain_name(node.op)
    if name == "softmax":
        kept = {k: v for k, v in node.attributes.items() if k in ("axis", "temperature", "dtype") and v != "None"}
        op = "_npx_log_softmax" if node.op.startswith("_npx_") else "log_softmax"
        return rewrite.add(op, [logits], kept, softmax, 1)
    if node.attributes.get("multi_output") == "True" or node.attributes.get("mode") == "channel":
        return rewrite.add("log_softmax", [logits], {"axis": "1"}, softmax, 1)
    if name == "SoftmaxActivation" or node.attributes.get("preserve_shape") == "True":
        return rewrite.add("log_softmax", [logits], {"axis": "-1"}, softmax, 1)
    # over all that is not the first axis
    flat = rewrite.add("Flatten", [logits], {}, softmax, 1)
    value = rewrite.add("log_softmax", [flat], {"axis": "1"}, softmax, 2)
    return rewrite.add("reshape_like", [value, logits], {}, softmax, 3)
