"""The recorded op graph of one iteration, as plain data that needs no framework."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

Port = Tuple[int, int]
"""(node, output): one output of one node."""

GRADIENT = "_gradient"
"""Operator name of `autograd.grad(create_graph=True)`, whose results are part of the graph: it reads the heads, then the
variables, then the heads' gradients, and gives one gradient a variable."""

PYTHON_CODE = ("Custom", "_CustomFunction")
"""Operators whose code is the program's own: no dump can hold it, and their recorded outputs stand in for them."""


@dataclass(frozen=True)
class Leaf:
    """Which array a leaf of the graph is.

    Attributes:
        group: `parameters`, `aux` or `batch`.
        name: the array's name inside the group (for `batch` without the device).
        device: where it lives, such as `cpu(0)`.
        grad_req: `null`, `write` or `add`.
        stype: storage of its gradient, `default` or `row_sparse`.
    """

    group: str
    name: str
    device: str
    grad_req: str = "null"
    stype: str = "default"


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
        sources: lines of the operators in that graph, by their names, where they are known.
        train: whether it ran in training mode.
        outputs: names in the batch of its outputs as recorded, an empty one where an output was not kept: of an operator that
            cannot be run again (Python code), or that autograd did not record because it needs no gradient. Without any,
            running it is the way to them.
        gradients: of an operator that cannot be run again, names in the batch of the gradients that it passed to its inputs.
        draws: names in the batch of the random draws that it made, where they were recorded: one mask for each Dropout in it.
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
    sources: Tuple[Tuple[str, str], ...] = ()
    train: bool = True
    outputs: Tuple[str, ...] = ()
    gradients: Tuple[str, ...] = ()
    draws: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Backward:
    """One call of `backward` or `autograd.grad`.

    Attributes:
        heads: what was differentiated.
        seeds: for each head the leaf that is its gradient, -1 for ones; empty: ones for all.
        variables: leaves whose gradients were returned (`autograd.grad`); empty: gradients went to the leaves that want one.
        order: place among the operator calls: those with a smaller `Node.order` ran before it.
        train: its `train_mode`.
        ran: false where the iteration ended before anything was differentiated; the heads are then all that came out last.
        passed_on: the heads' gradients are those that came back from what read the heads, as in a chain of modules.
    """

    heads: Tuple[Port, ...]
    seeds: Tuple[int, ...] = ()
    variables: Tuple[int, ...] = ()
    order: int = 0
    train: bool = True
    ran: bool = True
    passed_on: bool = False


@dataclass(frozen=True)
class Graph:
    """All nodes of an iteration; an input's node stands before its consumer.

    Attributes:
        nodes: leaves and operator calls.
        backwards: in the order of the calls.
    """

    nodes: Tuple[Node, ...]
    backwards: Tuple[Backward, ...]

    @property
    def execution_order(self) -> List[int]:
        """Indices of the operator nodes in the order in which they ran."""
        return sorted((i for i, node in enumerate(self.nodes) if node.leaf is None), key=lambda i: self.nodes[i].order)

    @property
    def heads(self) -> List[Port]:
        """Every head."""
        return [port for each in self.backwards for port in each.heads]

    @property
    def losses(self) -> List[Port]:
        """The heads that were differentiated; all of them where the iteration ended before anything was."""
        ran = [port for each in self.backwards if each.ran for port in each.heads]
        return ran or self.heads

    def made_of(self, nodes: Iterable[int]) -> Set[int]:
        """The nodes, and all that they are made of."""
        found: Set[int] = set()
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting += [port[0] for port in self.nodes[node].inputs]
        return found

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
                body["leaf"] = asdict(each.leaf)
                return body
            body.update(attributes=dict(each.attributes), inputs=[list(port) for port in each.inputs], order=each.order)
            for key in _TEXTS:
                if getattr(each, key):
                    body[key] = getattr(each, key)
            for key in _NAMES:
                if getattr(each, key):
                    body[key] = list(getattr(each, key))
            if each.sources:
                body["sources"] = dict(each.sources)
            if not each.train:
                body["train"] = False
            return body

        def backward(each: Backward) -> Dict[str, Any]:
            return dict(asdict(each), heads=[list(port) for port in each.heads])

        return {"nodes": [node(each) for each in self.nodes], "backwards": [backward(each) for each in self.backwards]}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "Graph":
        """The reverse of `to_json`.

        Raises:
            ValueError: the body is no graph, or a node reads one that does not stand before it.
        """
        try:
            nodes = tuple(_node(i, each) for i, each in enumerate(body["nodes"]))
            backwards = tuple(_backward(nodes, each) for each in body["backwards"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not an op graph: %s" % json.dumps(str(error))) from error
        return cls(nodes, backwards)


_TEXTS = ("block", "source", "device", "dtype", "symbol")
_NAMES = ("outputs", "gradients", "draws")


def _ports(pairs: Any) -> Tuple[Port, ...]:
    return tuple((int(a), int(b)) for a, b in pairs)


def _node(place: int, body: Mapping[str, Any]) -> Node:
    inputs = _ports(body.get("inputs", ()))
    if any(not 0 <= a < place or b < 0 for a, b in inputs):
        raise ValueError("node %d reads a node that does not stand before it" % place)
    more: Dict[str, Any] = {key: str(body[key]) for key in _TEXTS if key in body}
    more.update((key, tuple(str(name) for name in body[key])) for key in _NAMES if key in body)
    return Node(
        op=str(body["op"]),
        name=str(body["name"]),
        attributes={str(k): str(v) for k, v in body.get("attributes", {}).items()},
        inputs=inputs,
        order=int(body.get("order", -1)),
        sources=tuple((str(k), str(v)) for k, v in body.get("sources", {}).items()),
        leaf=Leaf(**{str(k): str(v) for k, v in body["leaf"].items()}) if "leaf" in body else None,
        train=bool(body.get("train", True)),
        **more,
    )


def _backward(nodes: Sequence[Node], body: Mapping[str, Any]) -> Backward:
    found = Backward(
        heads=_ports(body["heads"]),
        seeds=tuple(int(each) for each in body["seeds"]),
        variables=tuple(int(each) for each in body["variables"]),
        order=int(body["order"]),
        train=bool(body["train"]),
        ran=bool(body["ran"]),
        passed_on=bool(body["passed_on"]),
    )
    if any(not 0 <= a < len(nodes) or b < 0 for a, b in found.heads):
        raise ValueError("a head is no node of the graph")
    leaves = [each for each in found.seeds if each != -1] + list(found.variables)
    if any(not 0 <= each < len(nodes) or nodes[each].leaf is None for each in leaves):
        raise ValueError("a gradient's array is no leaf of the graph")
    return found
