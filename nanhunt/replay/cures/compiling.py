"""A recorded graph as one compiled node, and what is said where a compiled graph has other gradients than its operators."""

import json
from dataclasses import replace
from typing import Any, Callable, Dict, List, Mapping, Optional, Set, Tuple

import numpy as np

from nanhunt.backends.base import Backend, GraphRun
from nanhunt.backends.graph import GRADIENT, PYTHON_CODE, Graph, Leaf, Node, Port
from nanhunt.replay.cures.base import NotPossible, Situation, outcome_of

_WRONG = 1e-3
"""Relative difference of a gradient beyond what another order of summation explains in float32."""

_ISSUE = "https://github.com/apache/mxnet/issues/17989"


def compiled(graph: Graph, environment: Mapping[str, Any], draws: Callable[[Node], bool]) -> Graph:
    """All recorded operators in one compiled node.

    Raises:
        NotPossible: they cannot stand in one.
    """
    backwards = [each for each in graph.backwards if each.ran]
    if len(backwards) != 1:
        raise NotPossible("the iteration has %d backward passes; only one can be compiled as a whole" % len(backwards))
    graph = replace(graph, backwards=tuple(backwards))
    if any(node.op == GRADIENT or node.op in PYTHON_CODE for node in graph.nodes):
        raise NotPossible("Python code or gradients of gradients cannot be compiled")
    if len({node.device for node in graph.nodes if node.leaf is None and node.device}) > 1:
        raise NotPossible("a compiled graph lives on one device")
    if any(draws(node) for node in graph.nodes if node.op != "Dropout"):
        raise NotPossible("random operators other than Dropout draw others in a compiled graph")
    body, inputs, leaves, dropouts = _body(graph, environment)
    drawn = [graph.nodes[i].draws for i in dropouts]
    if any(drawn) and not all(drawn):
        raise NotPossible("only some of its Dropouts have recorded draws")
    nodes: List[Node] = [leaves[each] for each in inputs]
    first = next(node for node in graph.nodes if node.leaf is None)
    node = Node(
        op="_CachedOp",
        name="compiled",
        inputs=tuple((k, 0) for k in range(len(nodes))),
        order=0,
        device=first.device,
        symbol=json.dumps(body),
        draws=tuple(each[0] for each in drawn if each),
    )
    seeds = []
    for seed in backwards[0].seeds:
        if seed != -1:
            nodes.append(graph.nodes[seed])
            seeds.append(len(nodes) - 1)
        else:
            seeds.append(-1)
    variables = []
    by_leaf = {each.leaf: k for k, each in enumerate(nodes)}
    for variable in backwards[0].variables:
        if graph.nodes[variable].leaf not in by_leaf:
            raise NotPossible("a variable that it is differentiated by is not part of the graph")
        variables.append(by_leaf[graph.nodes[variable].leaf])
    heads = tuple((len(nodes), k) for k in range(len(backwards[0].heads)))
    backward = replace(backwards[0], heads=heads, seeds=tuple(seeds), variables=tuple(variables), order=1)
    return Graph((*nodes, node), (backward,))


def _body(graph: Graph, environment: Mapping[str, Any]) -> Tuple[Dict[str, Any], List[Port], Dict[Port, Node], List[int]]:
    """A symbol's JSON, its inputs in the order in which MXNet lists them, their leaves, and the Dropouts in it."""
    heads = [port for each in graph.backwards for port in each.heads]
    body: List[Dict[str, Any]] = []
    places: Dict[Port, List[int]] = {}
    made: Dict[int, int] = {}
    seen: Set[int] = set()
    inputs: List[Port] = []
    leaves: Dict[Port, Node] = {}
    by_leaf: Dict[Leaf, Port] = {}
    dropouts: List[int] = []

    def place(port: Port) -> List[int]:
        return places[port] if port in places else [made[port[0]], port[1], 0]

    def variable(port: Port, leaf: Leaf) -> None:
        if leaf in by_leaf:
            places[port] = places[by_leaf[leaf]]
            return
        by_leaf[leaf] = port
        places[port] = [len(body), 0, 0]
        body.append({"op": "null", "name": "input%d" % len(inputs), "inputs": []})
        inputs.append(port)
        leaves[port] = Node("null", "input%d" % len(inputs), leaf=leaf)

    def given(port: Port) -> Optional[Leaf]:
        node = graph.nodes[port[0]]
        if node.leaf is not None:
            return node.leaf
        recorded = node.outputs[port[1]] if port[1] < len(node.outputs) else ""
        return Leaf("batch", recorded, node.device) if recorded else None

    stack: List[Tuple[Port, bool]] = [(port, False) for port in reversed(heads)]
    while stack:
        port, done = stack.pop()
        i, node = port[0], graph.nodes[port[0]]
        if done:
            made[i] = len(body)
            if node.op == "Dropout":
                dropouts.append(i)
            body.append(
                {
                    "op": "Cast" if node.op == "_copyto" else node.op,
                    "name": "op%d" % i,
                    "attrs": _attributes(node),
                    "inputs": [place(each) for each in node.inputs],
                }
            )
            continue
        leaf = given(port)
        if leaf is not None:
            if port not in places:
                variable(port, leaf)
            continue
        if i in seen:
            continue
        seen.add(i)
        stack.append((port, True))
        stack.extend((each, False) for each in reversed(node.inputs))
    version = [int(n) for n in str(environment.get("mxnet", "1.4.1")).split(".")[:3]]
    symbol = {
        "nodes": body,
        "arg_nodes": [k for k, each in enumerate(body) if each["op"] == "null"],
        "heads": [place(port) for port in heads],
        "attrs": {"mxnet_version": ["int", version[0] * 10000 + version[1] * 100 + version[2]]},
    }
    return symbol, inputs, leaves, dropouts


def _attributes(node: Node) -> Dict[str, str]:
    if node.op == "_copyto":
        return {"dtype": node.dtype or "float32"}
    return {k: v for k, v in node.attributes.items() if not k.startswith("__")}


def _differences(backend: Backend, one: GraphRun, other: GraphRun) -> Dict[str, float]:
    """Relative difference of each gradient that is finite in both; 0 where the bits are the same."""
    found: Dict[str, float] = {}
    theirs = {(leaf.name, leaf.device): tensor for leaf, tensor in other.gradients.items()}
    for leaf, tensor in one.gradients.items():
        if (leaf.name, leaf.device) not in theirs:
            continue
        a, b = backend.to_numpy(tensor), backend.to_numpy(theirs[(leaf.name, leaf.device)])
        if not np.isfinite(a).all() or not np.isfinite(b).all():
            continue
        if a.tobytes() == b.tobytes():
            found[leaf.name] = 0.0
        else:
            a, b = a.astype(np.float64), b.astype(np.float64)
            size = float(max(np.abs(a).max(), np.abs(b).max())) or 1.0
            found[leaf.name] = float(np.abs(a - b).max()) / size
    return found


def result_of(situation: Situation, one: Tuple[Graph, GraphRun], other: Tuple[Graph, GraphRun]) -> str:
    """The result of the first, held against the second, which is the iteration as it was."""
    host = situation.session.backend.to_numpy
    after, before = outcome_of(*one, host), outcome_of(*other, host)
    return "changes nothing: the iteration is finite both ways" if after.finite and before.finite else after.words()


def gradients_compared(backend: Backend, one: GraphRun, other: GraphRun) -> str:
    """How the gradients of the two runs differ, in words."""
    differences = _differences(backend, one, other)
    if not differences:
        return "no gradient is finite in both, so none can be compared"
    changed = {name: each for name, each in differences.items() if each > 0}
    if not changed:
        return "the same bits in all %d gradients" % len(differences)
    worst = max(changed, key=lambda name: changed[name])
    wrong = sum(each > _WRONG for each in changed.values())
    if not wrong:
        return "%d of %d gradients differ, by rounding (at most %.1g of the largest element)" % (
            len(changed),
            len(differences),
            changed[worst],
        )
    return "%d of %d gradients differ by more than rounding; most %s, by %.2g of its largest element" % (
        wrong,
        len(differences),
        worst,
        changed[worst],
    )


def many_consumers(environment: Mapping[str, Any], graph: Graph, one: GraphRun, other: GraphRun, backend: Backend) -> str:
    """apache/mxnet issue 17989, where the gradients differ and the graph has what triggers it; else nothing."""
    if all(each <= _WRONG for each in _differences(backend, one, other).values()):
        return ""
    found = suspicious(environment, graph)
    if found is None:
        return ""
    node = graph.nodes[found[0]]
    return (
        "; MXNet %s computes wrong gradients in compiled graphs for a value with 5 to 7 consumers, here the output of %s (%s), "
        "which has %d: %s, fixed in 1.7; do not hybridize, or set MXNET_EXEC_INPLACE_GRAD_SUM_CAP=1 before start"
        % (environment.get("mxnet"), node.op, node.block or node.source, found[1], _ISSUE)
    )


def suspicious(environment: Mapping[str, Any], graph: Graph) -> Optional[Tuple[int, int]]:
    """The first operator whose output 5 to 7 others read, and how many do, on an MXNet that gets such gradients wrong."""
    version = tuple(int(n) for n in str(environment.get("mxnet", "0.0")).split(".")[:2] if n.isdigit())
    counted: Dict[Port, int] = {}
    for node in graph.nodes:
        for port in node.inputs:
            if graph.nodes[port[0]].leaf is None:
                counted[port] = counted.get(port, 0) + 1
    several = sorted((port for port, n in counted.items() if 5 <= n <= 7), key=lambda port: graph.nodes[port[0]].order)
    return None if version >= (1, 7) or not several else (several[0][0], counted[several[0]])
