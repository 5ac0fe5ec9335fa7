"""Edit a recorded graph: put operators before or behind another, change one, let readers read something else."""

from dataclasses import replace
from typing import Any, Collection, Dict, List, Mapping, Sequence, Set

from nanhunt.backends.graph import GRADIENT, PYTHON_CODE, Graph, Node, Port
from nanhunt.replay.cures.base import NotPossible

_ROOM = 64
"""Places between two calls, for operators that are put in."""


class Rewrite:
    """A copy of a graph under change. Indices of its nodes stay what they were; new nodes come after them."""

    def __init__(self, graph: Graph) -> None:
        self._old = graph
        self.nodes: List[Node] = [
            node if node.leaf is not None else replace(node, order=node.order * _ROOM) for node in graph.nodes
        ]
        self._backwards = [replace(each, order=each.order * _ROOM) for each in graph.backwards]
        self._changed: Set[int] = set()

    def set(self, node: int, **fields: Any) -> None:
        """Change a node."""
        self.nodes[node] = replace(self.nodes[node], **fields)
        self._changed.add(node)

    def add(self, op: str, inputs: Sequence[Port], attributes: Mapping[str, str], beside: int, place: int) -> Port:
        """A new node's first output.

        Args:
            beside: the node that it is to run before (negative `place`) or after.
        """
        other = self.nodes[beside]
        made = Node(
            op=op,
            name="%s+%d" % (other.name, len(self.nodes)),
            attributes=dict(attributes),
            inputs=tuple(inputs),
            order=other.order + place,
            block=other.block,
            source=other.source,
            device=other.device,
            dtype=other.dtype,
            train=other.train,
        )
        self.nodes.append(made)
        self._changed.add(len(self.nodes) - 1)
        return (len(self.nodes) - 1, 0)

    def redirect(self, old: Port, new: Port, but: Collection[int] = ()) -> None:
        """Whatever read `old` reads `new`, heads too."""
        for i, node in enumerate(self.nodes):
            if old in node.inputs and i not in but:
                self.set(i, inputs=tuple(new if port == old else port for port in node.inputs))
        self._backwards = [
            replace(each, heads=tuple(new if port == old else port for port in each.heads)) for each in self._backwards
        ]

    def read(self, node: int, number: int, port: Port) -> None:
        """Let one input of a node be another port."""
        inputs = list(self.nodes[node].inputs)
        inputs[number] = port
        self.set(node, inputs=tuple(inputs))

    def outputs(self, node: int) -> List[int]:
        """Which outputs of a node anything reads."""
        used = {port[1] for each in self.nodes for port in each.inputs if port[0] == node}
        used |= {port[1] for each in self._backwards for port in each.heads if port[0] == node}
        return sorted(used)

    def everything(self) -> None:
        """Count every node as changed."""
        self._changed.update(range(len(self.nodes)))

    def graph(self) -> Graph:
        """The changed graph, in which recorded results behind a change are computed anew.

        Raises:
            NotPossible: they are those of Python code.
        """
        for each in self._backwards:
            if each.passed_on:
                raise NotPossible("the gradients that were handed from module to module are recorded values")
        behind = _behind(self.nodes, self._changed)
        for i in behind:
            node = self.nodes[i]
            if not node.outputs or node.leaf is not None:
                continue
            if node.op in PYTHON_CODE:
                raise NotPossible(
                    "it reaches Python code of the program's own (%s), for which recorded outputs stand in"
                    % (node.block or node.source or node.op)
                )
            if node.op == GRADIENT:
                continue
            # autograd did not record it, so no gradient may flow through it now either
            used = self.outputs(i)
            self.nodes[i] = replace(node, outputs=())
            for k in used:
                stopped = self.add("BlockGrad", [(i, k)], {}, i, 0)  # right behind it, before all that was put behind it
                self.redirect((i, k), stopped, but=(stopped[0],))
        return Graph(tuple(self.nodes), tuple(self._backwards))


def _behind(nodes: Sequence[Node], changed: Set[int]) -> List[int]:
    """The changed nodes and all that read them, directly or not."""
    readers: Dict[int, List[int]] = {}
    for i, node in enumerate(nodes):
        for a, _ in node.inputs:
            readers.setdefault(a, []).append(i)
    found, queue = set(changed), list(changed)
    while queue:
        for reader in readers.get(queue.pop(), ()):
            if reader not in found:
                found.add(reader)
                queue.append(reader)
    return sorted(found)


def of_numpy(node: Node) -> bool:
    """Whether the operator is one of MXNet's NumPy interface, whose operators have names of their own."""
    return node.op.startswith("_np")


def plus(rewrite: Rewrite, port: Port, amount: float, node: int) -> Port:
    """The port with a constant added, computed before the node."""
    if of_numpy(rewrite.nodes[node]):
        return rewrite.add("_npi_add_scalar", [port], {"scalar": repr(amount)}, node, -1)
    return rewrite.add("_plus_scalar", [port], {"scalar": repr(amount)}, node, -1)


def times(rewrite: Rewrite, port: Port, factor: float, node: int) -> Port:
    """The port with every element multiplied, computed before the node."""
    op = "_npi_multiply_scalar" if of_numpy(rewrite.nodes[node]) else "_mul_scalar"
    return rewrite.add(op, [port], {"scalar": repr(factor)}, node, -1)


def plain_name(op: str) -> str:
    """An operator's name without the prefix of the NumPy interface."""
    for prefix in ("_npi_", "_np_", "_npx_"):
        if op.startswith(prefix):
            return op[len(prefix) :]
    return op


def label(node: Node) -> str:
    """An operator and where it stands, in words."""
    where = node.block or node.source
    return "%s (%s)" % (node.op, where) if where else node.op


def shown(nodes: Sequence[Node]) -> str:
    """One operator by its place, several by their number."""
    return label(nodes[0]) if len(nodes) == 1 else "%d %s" % (len(nodes), nodes[0].op)
