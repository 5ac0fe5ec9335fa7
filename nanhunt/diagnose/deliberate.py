"""Infinities on purpose: a mask before a softmax, a bound that is never reached; and the operator that let them do harm."""

from typing import List, Optional, Set

from nanhunt.diagnose.evidence import Evidence, OperatorFacts, TensorFacts

_INFINITE = ("-inf", "inf", "-infinity", "infinity")

# Operators that take the element that another input of theirs names.
BY_INDEX = ("pick", "take", "gather_nd", "batch_take", "Embedding", "_npx_pick", "_npi_take", "_npx_gather_nd")
# Operators that take one element, or the largest.
_OF_SEVERAL = (
    *("slice", "slice_axis", "SliceChannel", "_split_v2", "SequenceLast", "_npi_slice", "_npx_slice"),
    *("_maximum", "broadcast_maximum", "_npi_maximum", "max", "max_axis", "_np_max", "_npi_max"),
)


def on_purpose(evidence: Evidence) -> Set[int]:
    """Nodes all of whose non-finite values are infinities that the program put there, and what only carries these on.

    A constant that is infinite is one, of either sign. An array that the program made out of sight, or one of the batch's that
    held infinities in an iteration before and did no harm, counts if it holds -inf and nothing else that is bad: +inf in it is
    rather the result of a division.
    """
    found: Set[int] = set()
    for index, facts in evidence.leaves.items():
        leaf = evidence.graph.nodes[index].leaf
        # Arrays that went in as data have names of their own; what the program made on the way is called after its leaf.
        if leaf is None or leaf.group != "batch":
            continue
        own = leaf.name.startswith("leaf_") or leaf.name in evidence.infinite_before
        if own and facts.negative_inf and not facts.nan and not facts.positive_inf:
            found.add(index)
    for each in evidence.forward():
        bad = [facts for facts in each.outputs if facts is not None and not facts.finite]
        if not bad or any(facts.nan for facts in bad) or (each.fresh is not None and each.fresh.bad):
            continue
        sources = bad_sources(evidence, each)
        if (sources or is_constant(evidence, each.node)) and all(source in found for source in sources):
            found.add(each.node)
    return found


def is_constant(evidence: Evidence, node: int) -> bool:
    """Whether the operator has an infinite number among its attributes."""
    attributes = evidence.graph.nodes[node].attributes
    return any(attributes.get(key, "").lower() in _INFINITE for key in ("scalar", "value", "x", "y"))


def bad_sources(evidence: Evidence, each: OperatorFacts) -> List[int]:
    """The nodes that the operator read something non-finite from."""
    ports = evidence.graph.nodes[each.node].inputs
    return [port[0] for port in ports if not getattr(evidence.output(port), "finite", True)]


def harm_of(evidence: Evidence, deliberate: Set[int], each: OperatorFacts) -> Optional[TensorFacts]:
    """What an operator made of infinities on purpose that is more than these: NaN, or infinities of what is finite."""
    if not all(source in deliberate for source in bad_sources(evidence, each)):
        return None
    nan = next((facts for facts in each.outputs if facts is not None and facts.nan), None)
    return nan or (each.fresh if each.fresh is not None and each.fresh.bad else None)


def let_through(evidence: Evidence, deliberate: Set[int], reached: Set[int]) -> Optional[OperatorFacts]:
    """The operator that took infinities on purpose for what the loss is made of; None where no operator is to blame for it.

    What picks an element by index is; without one, what last took one of several. Otherwise only of infinite constants, which
    are on purpose beyond doubt: the first operator that gives fewer elements than it reads, or the last at all.
    """
    way = [each for each in evidence.forward() if each.node in deliberate and each.node in reached]
    readers = [each for each in way if bad_sources(evidence, each)]
    named = [each for each in readers if evidence.graph.nodes[each.node].op in BY_INDEX]
    chosen = [each for each in readers if evidence.graph.nodes[each.node].op in _OF_SEVERAL]
    if named or chosen:
        return named[0] if named else chosen[-1]
    if not readers or any(node in deliberate and node in reached for node in evidence.leaves):
        return None
    return next((each for each in readers if _fewer(each)), readers[-1])


def _fewer(each: OperatorFacts) -> bool:
    return _size(each.outputs[0]) < max(_size(facts) for facts in each.inputs)


def _size(facts: Optional[TensorFacts]) -> int:
    size = 1
    for length in facts.shape if facts is not None else ():
        size *= length
    return size


def sources_of(evidence: Evidence, deliberate: Set[int], node: int) -> List[int]:
    """Where the infinities of a node came from: infinite constants and arrays that the program made."""
    seen: Set[int] = set()
    queue, found = [node], []
    while queue:
        current = queue.pop()
        if current in seen or current not in deliberate:
            continue
        seen.add(current)
        before = [] if current in evidence.leaves else [port[0] for port in evidence.graph.nodes[current].inputs]
        before = [each for each in before if each in deliberate]
        if not before:
            found.append(current)
        queue.extend(before)
    return sorted(found)
