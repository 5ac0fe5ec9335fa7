"""Gradients that are finite one by one and whose sum is not: of micro-batches, or of all that read the same array."""

from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple, Union

import numpy as np

from nanhunt.backends.graph import Leaf, Node, Port
from nanhunt.diagnose.evidence import Evidence
from nanhunt.diagnose.finding import Fix, Producer
from nanhunt.replay.session import Session
from nanhunt.replay.trace import calls

Slot = Tuple[int, int]
"""An operator, and which of its inputs the gradient went to."""

Place = Union[Port, Leaf]
"""Where gradients meet: what an operator gave, or an array."""


@dataclass(frozen=True)
class SummedGradient:
    """Gradients whose sum is beyond the dtype's range."""

    producer: Producer
    why: str
    fixes: Tuple[Fix, ...]


def find_sum(session: Session, evidence: Evidence) -> Optional[SummedGradient]:
    """The first place, in the order of the backward, where gradients that are all finite add up to one that is not."""
    parts: Dict[Place, List[Slot]] = {}
    graph = evidence.graph
    for each in evidence.backward():
        if not each.inputs_finite or not each.outputs_finite:
            for k, arrived in enumerate(each.inputs):
                if arrived is not None and not arrived.finite and (each.node, k) in parts:
                    return _sum(session, evidence, parts[(each.node, k)])
            return None
        for slot, (port, passed) in enumerate(zip(graph.nodes[each.node].inputs, each.outputs)):
            if passed is not None:
                parts.setdefault(graph.nodes[port[0]].leaf or port, []).append((each.node, slot))
    backwards = sum(each.ran for each in graph.backwards)
    for place, slots in parts.items():
        # Without `add`, a second backward takes the place of the first.
        if isinstance(place, Leaf) and place.name in evidence.gradients and (place.grad_req == "add" or backwards == 1):
            found = _sum(session, evidence, slots, place)
            if found is not None:
                return found
    return None


def _sum(session: Session, evidence: Evidence, slots: List[Slot], leaf: Optional[Leaf] = None) -> Optional[SummedGradient]:
    arrays = calls(session, [node for node, _ in slots], backward=True)
    gradients = [arrays.gradients_out[node][slot] for node, slot in slots if node in arrays.gradients_out]
    terms = [each for each in gradients if each is not None]
    before = session.gradient(leaf) if leaf is not None and leaf.grad_req == "add" else None
    terms = [before, *terms] if before is not None and before.any() else terms
    if len(terms) < 2 or any(each.shape != terms[0].shape or not np.isfinite(each).all() for each in terms):
        return None
    largest = float(np.finfo(terms[0].dtype).max)
    total, most = np.zeros(terms[0].shape), np.zeros(terms[0].shape)
    for each in terms:
        total += each
        most = np.maximum(most, np.abs(total))
    beyond = most > largest * 0.999
    if not beyond.any():
        return None
    index = tuple(int(k) for k in np.unravel_index(int(np.argmax(beyond)), beyond.shape))
    last: Node = evidence.graph.nodes[slots[-1][0]]
    producer = Producer(
        phase="backward",
        op=last.op,
        block=last.block,
        source=last.source,
        value="+inf" if total[index] > 0 else "-inf",
        count=int(beyond.sum()),
        shape=tuple(total.shape),
        index=index,
        device=last.device,
    )
    what = "for %s" % leaf.name if leaf is not None else "that come back to the same array"
    why = (
        "%d gradients %s, each finite and up to %.4g, add up to %.4g at %s, beyond the %.4g that %s holds (%d such elements)"
        % (
            len(terms),
            what,
            max(float(np.abs(each.astype(np.float64)).max()) for each in terms),
            float(total[index]),
            list(index),
            largest,
            terms[0].dtype.name,
            int(beyond.sum()),
        )
    )
    return SummedGradient(
        producer, why, (Fix("divide the loss by the number of parts before backward, or keep these gradients in float32"),)
    )
