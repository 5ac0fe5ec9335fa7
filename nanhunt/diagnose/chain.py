"""The way of a non-finite value from what fed its producer to the loss, or to the gradients, step by step."""

from dataclasses import dataclass
from typing import List, Optional, Set, Tuple

from nanhunt.backends.graph import Node
from nanhunt.diagnose.evidence import Evidence, OperatorFacts, TensorFacts
from nanhunt.diagnose.producer import Origin

MOST = 16
"""Steps that a Finding's `chain` holds."""


@dataclass(frozen=True)
class Step:
    """One operator or array on the way.

    Attributes:
        name: the operator, or what stands in its place.
        words: what it gave, such as `nan`, `finite`, a range.
        facts: of the tensor that it gave, where that is one.
        node: in the graph, where it is one.
        producer: whether it is the first non-finite thing.
    """

    name: str
    words: str
    facts: Optional[TensorFacts] = None
    node: Optional[Node] = None
    producer: bool = False

    def __str__(self) -> str:
        return "%s -> %s" % (self.name, self.words)


def chain_of(steps: Tuple[Step, ...]) -> Tuple[str, ...]:
    """As a Finding holds it: one `operator -> value` each, the middle of a long one left out."""
    texts = [str(each) for each in steps]
    if len(texts) > MOST:
        texts = [*texts[: MOST // 2], "... %d more ..." % (len(texts) - MOST + 1), *texts[1 - MOST // 2 :]]
    return tuple(texts)


def steps_from(evidence: Evidence, origin: Origin) -> Tuple[Step, ...]:
    """The way from the producer to the loss, with what fed the producer first."""
    graph = evidence.graph
    if origin.producer.phase == "backward":
        return (*_way_back(evidence, origin), _gradients(evidence))
    steps: List[Step] = []
    if origin.operator is not None:
        for port in graph.nodes[origin.node].inputs[:1]:
            before, facts = graph.nodes[port[0]], evidence.output(port)
            if facts is not None and before.leaf is None:
                steps.append(Step(before.op, brief(facts), facts, before))
    seen: Set[int] = set()
    current: Optional[int] = origin.node
    readers = graph.consumers()
    while current is not None and current not in seen:
        seen.add(current)
        node, facts = graph.nodes[current], evidence.output((current, 0))
        words = facts.value if facts is not None and not facts.finite else "finite"
        name = node.op if node.leaf is None else node.leaf.name
        steps.append(Step(name, words, facts, node, current == origin.node))
        if facts is None or facts.finite:
            break
        following = [n for k in range(8) for n in readers.get((current, k), ())]
        bad = [n for n in following if (evidence.output((n, 0)) or facts).bad and n not in seen]
        current = next(iter(bad or following), None)
    if evidence.gradients and steps[-1].words == "finite":
        # Some operators, relu and max pooling among them, let a NaN out as an ordinary number; the backward still meets it.
        steps.append(_gradients(evidence))
    return tuple(steps)


def _gradients(evidence: Evidence) -> Step:
    return Step("%d gradient arrays" % len(evidence.gradients), "non-finite")


def _way_back(evidence: Evidence, origin: Origin) -> List[Step]:
    """The gradient's way to the producer, its last steps, and on from it as far as it is non-finite."""
    graph, backward = evidence.graph, evidence.backward()
    place = next(k for k, each in enumerate(backward) if each is origin.operator or each.node == origin.node)
    steps: List[Step] = []
    node, value = graph.nodes[origin.node], evidence.output((origin.node, 0))
    if value is not None:
        steps.append(Step(node.op, brief(value) if value.finite else value.value, value, node))
    arrived = next((facts for facts in backward[place].inputs if facts is not None), None)
    if arrived is not None:
        steps.append(Step("gradient that arrives", brief(arrived), arrived))
    current: Optional[OperatorFacts] = backward[place]
    following = {each.node: each for each in backward[place:]}
    seen: Set[int] = set()
    while current is not None and current.node not in seen and len(steps) < 8:
        seen.add(current.node)
        facts = next((f for f in current.outputs if f is not None and not f.finite), None)
        if facts is None:
            break
        node = graph.nodes[current.node]
        steps.append(Step("%s backward" % node.op, facts.value, facts, node, current.node == origin.node))
        current = next((following[port[0]] for port in node.inputs if port[0] in following), None)
    return steps


def brief(facts: TensorFacts) -> str:
    """The range of a tensor's finite elements, in few characters."""
    if facts.minimum == 0.0 and facts.zeros:
        return "0"
    return "[%.4g, %.4g]" % (facts.minimum or 0.0, facts.maximum or 0.0)
