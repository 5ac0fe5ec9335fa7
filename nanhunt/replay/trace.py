"""Run the iteration operator by operator, look at everything exactly, and make evidence of it."""

from typing import Any, Dict, Iterable, List, Optional, Tuple

import numpy as np

from nanhunt.backends.graph import Node
from nanhunt.diagnose.causes.operands import elementwise
from nanhunt.diagnose.evidence import Calls, Evidence, OperatorFacts, TensorFacts, facts_of
from nanhunt.replay.session import Session


def trace(session: Session, backward: bool = True) -> Evidence:
    """Evidence of every operator, forward and backward."""
    graph = session.opened
    operators: List[OperatorFacts] = []
    known: Dict[int, TensorFacts] = {}
    outputs_of: Dict[Tuple[int, int], TensorFacts] = {}

    def facts(tensor: Any) -> Optional[TensorFacts]:
        return None if tensor is None else facts_of(session.backend.to_numpy(tensor))

    leaves: Dict[int, TensorFacts] = {}
    cache: Dict[Any, TensorFacts] = {}
    for i, node in enumerate(graph.nodes):
        if node.leaf is not None:
            if node.leaf not in cache:
                cache[node.leaf] = facts_of(session.leaf(node.leaf))
            leaves[i] = known[i] = cache[node.leaf]

    def forward(node: int, inputs: Optional[List[Any]], outputs: List[Any]) -> None:
        if inputs is None:
            # What it read has been overwritten since; what it gave is all that is known of it.
            given = [facts_of(session.backend.to_numpy(each)) for each in outputs]
            outputs_of.update(((node, k), each) for k, each in enumerate(given))
            leaves[node] = next((each for each in given if not each.finite), given[0])
            return
        went_in = tuple(known[a] if a in known else outputs_of.get((a, k)) for a, k in graph.nodes[node].inputs)
        came_out = tuple(facts(each) for each in outputs)
        for k, each in enumerate(came_out):
            if each is not None:
                outputs_of[(node, k)] = each
        fresh = None
        if any(each is not None and each.bad for each in went_in) and any(each is not None and each.bad for each in came_out):
            host = session.backend.to_numpy
            fresh = _fresh(graph.nodes[node], [host(each) for each in inputs], host(outputs[0]))
        operators.append(OperatorFacts(node, "forward", went_in, came_out, fresh))

    def backwards(node: int, arrived: List[Any], passed: List[Any]) -> None:
        operators.append(
            OperatorFacts(node, "backward", tuple(facts(each) for each in arrived), tuple(facts(each) for each in passed))
        )

    session.backend.trace(graph, session.leaf, session.seed, forward, backwards if backward else None)
    observed = session.record.observed
    bad = {
        kind: tuple(each["name"] for each in observed if each["kind"] == kind and each.get("nonfinite"))
        for kind in ("loss", "gradient", "aux", "optimizer")
    }
    return Evidence(
        graph=graph,
        operators=tuple(operators),
        leaves=leaves,
        loss=bad["loss"],
        gradients=bad["gradient"],
        aux=bad["aux"],
        optimizer=bad["optimizer"],
        samples=tuple(session.record.iteration.get("samples") or ()),
        infinite_before=tuple(session.record.iteration.get("infinite_before") or ()),
        came_in=session.came_in,
    )


def _fresh(node: Node, inputs: List[np.ndarray], output: np.ndarray) -> Optional[TensorFacts]:
    """See OperatorFacts.fresh."""
    call = elementwise(node, inputs)
    if call is None:
        return None
    operands = [x for x, source in zip(call.operands, call.sources) if source is not None]
    finite = np.isfinite(operands[0])
    for each in operands[1:]:
        finite = finite & np.isfinite(each)
    return facts_of(np.where(finite, output, 0)) if finite.shape == output.shape else None


def calls(session: Session, nodes: Iterable[int], backward: bool = False) -> Calls:
    """The full arrays of a few operators, by running the iteration once more."""
    wanted, graph = set(nodes), session.opened
    inputs: Dict[int, Tuple[np.ndarray, ...]] = {}
    outputs: Dict[int, Tuple[np.ndarray, ...]] = {}
    arrived: Dict[int, Tuple[Optional[np.ndarray], ...]] = {}
    passed: Dict[int, Tuple[Optional[np.ndarray], ...]] = {}
    host = session.backend.to_numpy

    def forward(node: int, went_in: Optional[List[Any]], came_out: List[Any]) -> None:
        if node in wanted and went_in is not None:
            # Statistics were overwritten by the operator; what it read is in the dump.
            inputs[node] = tuple(
                session.leaf(leaf) if leaf is not None else host(tensor)
                for leaf, tensor in zip((graph.nodes[a].leaf for a, _ in graph.nodes[node].inputs), went_in)
            )
            outputs[node] = tuple(host(each) for each in came_out)

    def backwards(node: int, gradients_in: List[Any], gradients_out: List[Any]) -> None:
        if node in wanted:
            arrived[node] = tuple(None if each is None else host(each) for each in gradients_in)
            passed[node] = tuple(None if each is None else host(each) for each in gradients_out)

    session.backend.trace(graph, session.leaf, session.seed, forward, backwards if backward else None)
    return Calls(inputs, outputs, arrived, passed)
