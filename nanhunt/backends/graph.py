"""The recorded op graph of one iteration, as plain data that needs no framework."""

import json
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple

Port = Tuple[int, int]
"""(node, output): one output of one node."""


@dataclass(frozen=True)
class Leaf:
    """Which array a leaf of the graph is.

    Attributes:
        group: `parameters`, `aux` or `batch`.
        name: the array's name inside the group (for `batch` without the device).
        device: where it lives, such as `cpu(0)`.
        grad_req: `null`, `write` or `add`.
    """

    group: str
    name: str
    device: str
    grad_req: str = "null"


@dataclass(frozen=True)
class Node:
    """One operator call, or a leaf (then `op` is `null`).

    Attributes:
        op: the framework's operator name.
        name: unique in the graph, as the framework recorded it.
        attributes: operator attributes, each as its string.
        inputs: the ports that it reads, in the operator's order.
        order: place in the order of execution; -1 for leaves.
        block: path of the network part that called it.
        source: `file.py:line` that called it.
        device, dtype: of its first output, where that was seen; a copy between devices or dtypes says them nowhere else.
        leaf: set where `op` is `null`.
        symbol: for an operator that is itself a compiled graph, that graph's JSON text.
    """

    op: str
    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    inputs: Tuple[Port, ...] = ()
    order: int = -1
    block: str = ""
    source: str = ""
    device: str = ""
    dtype: str = ""
    leaf: Optional[Leaf] = None
    symbol: Optional[str] = None


@dataclass(frozen=True)
class Graph:
    """All nodes of an iteration; an input's node stands before its consumer.

    Attributes:
        nodes: leaves and operator calls.
        backwards: one tuple of heads for each call of `backward`, in order.
    """

    nodes: Tuple[Node, ...]
    backwards: Tuple[Tuple[Port, ...], ...]

    @property
    def execution_order(self) -> List[int]:
        """Indices of the operator nodes in the order in which they ran."""
        return sorted((i for i, node in enumerate(self.nodes) if node.leaf is None), key=lambda i: self.nodes[i].order)

    @property
    def heads(self) -> List[Port]:
        """Every head that was differentiated."""
        return [port for heads in self.backwards for port in heads]

    def consumers(self) -> Dict[Port, List[int]]:
        """Port to the nodes that read it."""
        readers: Dict[Port, List[int]] = {}
        for i, node in enumerate(self.nodes):
            for port in node.inputs:
                readers.setdefault(port, []).append(i)
        return readers

    def to_json(self) -> Dict[str, Any]:
        """Plain JSON values; defaults are left out to keep the dump small."""

        def node(each: Node) -> Dict[str, Any]:
            body: Dict[str, Any] = {"op": each.op, "name": each.name}
            if each.leaf is not None:
                leaf = each.leaf
                body["leaf"] = {"group": leaf.group, "name": leaf.name, "device": leaf.device, "grad_req": leaf.grad_req}
                return body
            body.update(attributes=dict(each.attributes), inputs=[list(port) for port in each.inputs], order=each.order)
            for key in ("block", "source", "device", "dtype", "symbol"):
                if getattr(each, key):
                    body[key] = getattr(each, key)
            return body

        return {
            "nodes": [node(each) for each in self.nodes],
            "backwards": [[list(port) for port in heads] for heads in self.backwards],
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "Graph":
        """The reverse of `to_json`.

        Raises:
            ValueError: the body is no graph, or a node reads one that does not stand before it.
        """
        try:
            nodes = []
            for i, each in enumerate(body["nodes"]):
                inputs = tuple((int(a), int(b)) for a, b in each.get("inputs", ()))
                if any(not 0 <= a < i or b < 0 for a, b in inputs):
                    raise ValueError("node %d reads a node that does not stand before it" % i)
                leaf = Leaf(**{str(k): str(v) for k, v in each["leaf"].items()}) if "leaf" in each else None
                nodes.append(
                    Node(
                        op=str(each["op"]),
                        name=str(each["name"]),
                        attributes={str(k): str(v) for k, v in each.get("attributes", {}).items()},
                        inputs=inputs,
                        order=int(each.get("order", -1)),
                        block=str(each.get("block", "")),
                        source=str(each.get("source", "")),
                        device=str(each.get("device", "")),
                        dtype=str(each.get("dtype", "")),
                        leaf=leaf,
                        symbol=each.get("symbol"),
                    )
                )
            backwards = tuple(tuple((int(a), int(b)) for a, b in heads) for heads in body["backwards"])
            if any(not 0 <= a < len(nodes) for heads in backwards for a, _ in heads):
                raise ValueError("a head is no node of the graph")
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not an op graph: %s" % json.dumps(str(error))) from error
        return cls(tuple(nodes), backwards)
