"""Targets of a CTC loss that its input cannot give. MXNet answers them with a loss of 0 and a gradient that nothing wrote."""

from typing import List, Optional, Set, Tuple

import numpy as np

from nanhunt.backends.alignment import Alignment, Target, alignment, impossible
from nanhunt.backends.graph import Graph
from nanhunt.diagnose.causes.base import Verdict
from nanhunt.diagnose.causes.target import targets_in_words
from nanhunt.diagnose.evidence import Evidence, OperatorFacts, TensorFacts
from nanhunt.diagnose.finding import Producer
from nanhunt.diagnose.producer import Origin, sample_of
from nanhunt.replay.labels import BadLabel, leaf_behind
from nanhunt.replay.session import Session
from nanhunt.replay.trace import calls


def find_impossible_target(session: Session, evidence: Evidence, origin: Optional[Origin] = None) -> Optional[BadLabel]:
    """The labels without a path, or without a class, of samples whose loss counts.

    A sample whose loss is given no weight may have any label: its gradient is multiplied by 0.

    Args:
        origin: what went non-finite. Then only targets are meant whose gradient led to it.
    """
    for each in evidence.forward():
        how = _aligned(evidence, each)
        if how is None or (origin is not None and not _led_to(evidence.graph, each.node, origin)):
            continue
        arrays = calls(session, [each.node], backward=True)
        went_in, arrived = arrays.inputs.get(each.node), arrays.gradients_in.get(each.node, ())
        if went_in is None or not arrived or arrived[0] is None:
            continue
        weights = arrived[0]
        found = [one for one in impossible(how, [went_in[k] for k in how.inputs]) if weights[one.sample] != 0]
        if found:
            return _told(evidence, each.node, how, found, went_in[how.label])
    return None


def _aligned(evidence: Evidence, each: OperatorFacts) -> Optional[Alignment]:
    node = evidence.graph.nodes[each.node]
    shapes = [facts.shape if facts is not None else () for facts in each.inputs]
    return alignment(node.op, node.attributes, shapes)


def _led_to(graph: Graph, node: int, origin: Origin) -> bool:
    """Whether the producer is the gradient of what the node read, or of what that was made from."""
    if origin.producer.phase != "backward":
        return False
    seen: Set[int] = set()
    queue: List[int] = [node]
    while queue:
        current = queue.pop()
        if current not in seen:
            seen.add(current)
            queue.extend(port[0] for port in graph.nodes[current].inputs)
    return origin.node in seen


def _told(evidence: Evidence, node: int, how: Alignment, found: List[Target], labels: np.ndarray) -> BadLabel:
    op, device = evidence.graph.nodes[node].op, evidence.graph.nodes[node].device
    first = next((each for each in found if each.wrong is not None), found[0])
    index: Tuple[int, ...] = (first.sample,)
    sample, file = sample_of(evidence, TensorFacts(labels.shape, labels.dtype.name, first_bad=index), device)
    producer = Producer(
        phase="data",
        block=leaf_behind(evidence.graph, evidence.graph.nodes[node].inputs[how.label]),
        count=len(found),
        shape=tuple(labels.shape),
        index=index,
        sample=first.sample if sample is None else sample,
        file=file,
        device=device,
    )
    verdict: Verdict = targets_in_words(op, how, first, len(found), labels.shape[0])
    return BadLabel(producer, verdict.why, verdict.fixes, verdict.cause, op)
