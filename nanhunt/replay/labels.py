"""Labels beyond the last class: nothing need be non-finite for them to do harm. Told from values, and from what they change."""

from dataclasses import dataclass, replace
from typing import List, Optional, Tuple

import numpy as np

from nanhunt.backends.graph import Graph, Node, Port
from nanhunt.backends.indexing import SAME_NUMBERS, Indexing, indexing
from nanhunt.diagnose.evidence import Evidence, OperatorFacts, TensorFacts
from nanhunt.diagnose.finding import Fix, Producer
from nanhunt.diagnose.producer import sample_of
from nanhunt.replay.session import Session
from nanhunt.replay.trace import calls

_ROOM = 8
"""Places between two calls, for the operators that are put in."""


@dataclass(frozen=True)
class BadLabel:
    """Labels that cannot be, and that change the loss or a gradient; `op` is the operator that read them, where it is known."""

    producer: Producer
    why: str
    fixes: Tuple[Fix, ...]
    cause: str = "bad-label"
    op: str = ""


def find_bad_label(session: Session, evidence: Evidence) -> Optional[BadLabel]:
    """The labels that no class stands for, if the iteration comes out otherwise with class 0 in their place.

    A label that a mask takes out of the loss afterwards may have any value, and is none of these.
    """
    suspects = [
        (each, how)
        for each in evidence.forward()
        for how in [_reading(evidence.graph.nodes[each.node], each)]
        if how is not None and not (how.clips and _meant(evidence.graph, evidence.graph.nodes[each.node], how))
    ]
    if not suspects or not _matters(session, evidence.graph, suspects):
        return None
    first, how = suspects[0]
    arrays = calls(session, [first.node])
    labels = arrays.inputs[first.node][how.number]
    beyond = _beyond(labels, how)
    index = tuple(int(k) for k in np.unravel_index(int(np.argmax(beyond)), labels.shape))
    leaf = leaf_behind(evidence.graph, evidence.graph.nodes[first.node].inputs[how.number])
    device = evidence.graph.nodes[first.node].device
    sample, file = sample_of(evidence, TensorFacts(labels.shape, labels.dtype.name, first_bad=index), device)
    producer = Producer(
        phase="data",
        block=leaf,
        count=int(beyond.sum()),
        shape=tuple(labels.shape),
        index=index,
        sample=sample,
        file=file,
        device=device,
    )
    place = "at %s%s" % (list(index), " (%s)" % file if file else "")
    effects = "; ".join(dict.fromkeys(each.effect for _, each in suspects))
    why = "label %g %s is beyond the last of %d classes (0 to %d), as %d of %d labels are: %s" % (
        labels[index],
        place,
        how.size,
        how.size - 1,
        producer.count,
        labels.size,
        effects,
    )
    largest = int(labels[beyond].max())
    return BadLabel(producer, why, (Fix("give the network %d classes, or correct the labels" % (largest + 1)),))


def _reading(node: Node, facts: OperatorFacts) -> Optional[Indexing]:
    """How an operator reads indices of which one is beyond the last."""
    shapes = [each.shape if each is not None else () for each in facts.inputs]
    how = indexing(node.op, node.attributes, shapes)
    if how is None or how.number >= len(facts.inputs):
        return None
    read = facts.inputs[how.number]
    if read is None or read.maximum is None or read.maximum < how.size or read.maximum == how.ignored:
        return None
    return how


def _meant(graph: Graph, reader: Node, how: Indexing) -> bool:
    """Whether an index beyond the last may be on purpose: computed, or into something that is no table of trained rows."""
    table, node = graph.nodes[reader.inputs[0][0]].leaf, graph.nodes[reader.inputs[how.number][0]]
    while node.leaf is None and node.op in SAME_NUMBERS and node.inputs:
        node = graph.nodes[node.inputs[0][0]]
    return table is None or table.group != "parameters" or node.leaf is None


def _beyond(labels: np.ndarray, how: Indexing) -> np.ndarray:
    beyond = labels >= how.size
    return np.asarray(beyond if how.ignored is None else beyond & (labels != how.ignored))


def _matters(session: Session, graph: Graph, suspects: List[Tuple[OperatorFacts, Indexing]]) -> bool:
    """Whether loss or gradients come out otherwise with class 0 in place of every label beyond the last."""
    backend = session.backend
    before = backend.run(graph, session.leaf, session.gradient, session.seed, None)
    changed = _with_class_0(graph, suspects)
    after = backend.run(changed, session.leaf, session.gradient, session.seed, None)
    if any(a.tobytes() != b.tobytes() for a, b in zip(before.heads, after.heads)):
        return True
    host = backend.to_numpy
    return any(host(tensor).tobytes() != host(after.gradients[leaf]).tobytes() for leaf, tensor in before.gradients.items())


def _with_class_0(graph: Graph, suspects: List[Tuple[OperatorFacts, Indexing]]) -> Graph:
    nodes = [each if each.leaf is not None else replace(each, order=each.order * _ROOM) for each in graph.nodes]
    for facts, how in suspects:
        reader = nodes[facts.node]
        port: Port = reader.inputs[how.number]
        kept: List[Tuple[str, Tuple[Port, ...], str]] = [
            ("_lesser_scalar", (port,), str(how.size)),
            ("elemwise_mul", (port, (len(nodes), 0)), ""),
        ]
        for place, (op, inputs, scalar) in enumerate(kept):
            nodes.append(
                Node(
                    op=op,
                    name="%s+%d" % (reader.name, len(nodes)),
                    attributes={"scalar": scalar} if scalar else {},
                    inputs=inputs,
                    order=reader.order - len(kept) + place,
                    device=reader.device,
                )
            )
        ports = list(reader.inputs)
        ports[how.number] = (len(nodes) - 1, 0)
        nodes[facts.node] = replace(reader, inputs=tuple(ports))
    return Graph(tuple(nodes), tuple(replace(each, order=each.order * _ROOM) for each in graph.backwards))


def leaf_behind(graph: Graph, port: Port) -> str:
    """Name of the array that a label came from, through casts and reshapes."""
    node = graph.nodes[port[0]]
    while node.leaf is None and node.inputs:
        node = graph.nodes[node.inputs[0][0]]
    return node.leaf.name if node.leaf is not None else node.name
