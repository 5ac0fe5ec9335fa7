"""A recorded graph without what differs from one iteration to the next although the program did the same."""

from dataclasses import replace
from typing import AbstractSet, Dict, List, Tuple

from nanhunt.backends.graph import Graph, Node

Name = Tuple[str, str]
"""(device, name) of an array of the batch."""


def canonical(graph: Graph, named: AbstractSet[Name]) -> Tuple[Graph, Dict[Name, str]]:
    """The graph with its operators and unnamed arrays numbered in order, and the new names of the arrays of the batch.

    Args:
        named: arrays whose names the program gave, which they keep.
    """
    orders = sorted({node.order for node in graph.nodes if node.leaf is None} | {each.order for each in graph.backwards})
    rank = {order: place for place, order in enumerate(orders)}
    names: Dict[Name, str] = {}

    def renamed(device: str, name: str) -> str:
        if not name:
            return name
        if (device, name) not in names:
            names[(device, name)] = name if (device, name) in named else "array_%d" % len(names)
        return names[(device, name)]

    nodes: List[Node] = []
    for place, node in enumerate(graph.nodes):
        if node.leaf is not None:
            leaf = node.leaf
            if leaf.group == "batch":
                leaf = replace(leaf, name=renamed(leaf.device, leaf.name))
            nodes.append(replace(node, name=leaf.name, leaf=leaf))
            continue
        nodes.append(
            replace(
                node,
                name="node_%d" % place,
                order=rank[node.order],
                outputs=tuple(renamed(node.device, each) for each in node.outputs),
                gradients=tuple(renamed(node.device, each) for each in node.gradients),
                draws=tuple(renamed(node.device, each) for each in node.draws),
            )
        )
    return Graph(tuple(nodes), tuple(replace(each, order=rank[each.order]) for each in graph.backwards)), names
