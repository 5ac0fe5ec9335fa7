"""Compiled parts of a recorded graph opened up: their operators in place of the one node that stood for them."""

import json
from dataclasses import replace
from typing import Any, Dict, List, Mapping, Sequence

from nanhunt.backends.graph import Graph, Node, Port

_ROOM = 1 << 20
"""Places between two calls of the outer graph, for the operators of the one that is opened."""


def opened(graph: Graph) -> Graph:
    """The graph without compiled nodes, but for loops and branches (`_foreach`); the graph itself if it has none.

    Mathematically the same. Whether it also has the same bits is the framework's affair: a compiled part may sum gradients in
    another order, or wrongly (apache/mxnet issue 17989).
    """
    if all(node.symbol is None for node in graph.nodes):
        return graph
    nodes: List[Node] = []
    ports: Dict[Port, Port] = {}
    moved: Dict[int, int] = {}

    def port(each: Port) -> Port:
        return ports[each] if each in ports else (moved[each[0]], each[1])

    for i, node in enumerate(graph.nodes):
        inputs = tuple(port(each) for each in node.inputs)
        if node.symbol is None:
            moved[i] = len(nodes)
            nodes.append(replace(node, inputs=inputs, order=node.order * _ROOM if node.leaf is None else node.order))
        else:
            heads = _open(node, inputs, json.loads(node.symbol), nodes)
            ports.update(((i, k), head) for k, head in enumerate(heads))
    backwards = tuple(
        replace(
            each,
            heads=tuple(port(head) for head in each.heads),
            seeds=tuple(moved[seed] if seed != -1 else -1 for seed in each.seeds),
            variables=tuple(moved[variable] for variable in each.variables),
            order=each.order * _ROOM,
        )
        for each in graph.backwards
    )
    return Graph(tuple(nodes), backwards)


def _open(node: Node, inputs: Sequence[Port], body: Mapping[str, Any], nodes: List[Node]) -> List[Port]:
    """Append the operators of a compiled node; its outputs among them."""
    local: Dict[int, int] = {}
    arrived = iter(inputs)
    places: Dict[int, Port] = {}
    given = _by_name(node, inputs)
    draws = iter(node.draws)
    sources = dict(node.sources)
    for i, each in enumerate(body["nodes"]):
        if each["op"] == "null":
            places[i] = given[each["name"]] if given else next(arrived)
            continue
        entries = [tuple(entry[:2]) for entry in each["inputs"]]
        local[i] = len(nodes)
        attributes = dict(each.get("attrs", each.get("attr", {})))
        loop = "subgraphs" in each
        nodes.append(
            Node(
                op=each["op"],
                name="%s/%s" % (node.name, each["name"]),
                attributes=_FLAGS if loop else attributes,
                symbol=_alone(each, attributes, body) if loop else None,
                inputs=tuple(places[a] if a in places else (local[a], b) for a, b in entries),
                order=node.order * _ROOM + i,
                block="%s/%s" % (node.block, each["name"]) if node.block else each["name"],
                source=sources.get(each["name"], node.source),
                device=node.device,
                train=node.train,
                draws=(next(draws),) if each["op"] == "Dropout" and node.draws else (),
            )
        )
    return [places[a] if a in places else (local[a], b) for a, b, *_ in body["heads"]]


_FLAGS = {"data_indices": "[]", "param_indices": "[]"}
"""What a compiled operator is told of its inputs: nothing."""


def _alone(node: Mapping[str, Any], attributes: Mapping[str, str], graph: Mapping[str, Any]) -> str:
    """A graph of nothing but a loop or a branch, which holds graphs of its own and can be run in no other way."""
    count = len(node["inputs"])
    variables = [{"op": "null", "name": "input_%d" % k, "inputs": []} for k in range(count)]
    body = {
        "nodes": [*variables, dict(node, inputs=[[k, 0, 0] for k in range(count)])],
        "arg_nodes": list(range(count)),
        "node_row_ptr": list(range(count + 1)) + [count + int(attributes.get("num_outputs", 1))],
        "heads": [[count, k, 0] for k in range(int(attributes.get("num_outputs", 1)))],
        "attrs": graph.get("attrs", {}),  # the version, without which it is taken for one of long ago
    }
    return json.dumps(body)


def _by_name(node: Node, inputs: Sequence[Port]) -> Dict[str, Port]:
    """Inputs by name for a bound symbol, which takes its arguments first and its statistics after them; else nothing."""
    names = json.loads(node.attributes["inputs"]) if "inputs" in node.attributes else []
    return dict(zip(names, inputs))
