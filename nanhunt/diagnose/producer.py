"""Find the producer: the first non-finite thing made from finite ones that reached loss, gradients or statistics."""

from dataclasses import dataclass, replace
from typing import Dict, List, Optional, Set, Tuple

from nanhunt.backends.graph import Port
from nanhunt.diagnose.deliberate import harm_of, let_through, on_purpose
from nanhunt.diagnose.evidence import Evidence, OperatorFacts, TensorFacts
from nanhunt.diagnose.finding import Producer

_ARRIVAL = {"parameters": "parameter", "aux": "aux", "batch": "data"}


@dataclass(frozen=True)
class Origin:
    """The producer, the node that it is in the graph, and the operator's statistics (None for something bad on arrival).

    `statistic` is the running statistic that it left non-finite, where its outputs are finite.
    """

    producer: Producer
    node: int
    operator: Optional[OperatorFacts] = None
    statistic: str = ""


def find_producer(evidence: Evidence) -> Optional[Origin]:
    """The origin of what went wrong; None where nothing did, or where nothing non-finite reached anything that matters.

    A NaN that an operator gives is never on purpose and counts wherever it arises; one that came in with the batch may stand
    for what was not measured, and counts unless the program chooses something else in its place. An infinity on purpose (a
    mask before a softmax) is not wrong by itself: the operator is that made something else of it, or let it into the loss.
    """
    deliberate = on_purpose(evidence)
    firm, reached, hidden = _reaching(evidence)
    came_back = {seed for each in evidence.graph.backwards if each.passed_on for seed in each.seeds}
    for index, facts in sorted(evidence.leaves.items()):
        if facts.finite or index in came_back or index in deliberate:
            continue
        if index in reached or facts.nan and not (_is_batch(evidence, index) and _replaced(evidence, index)):
            made = _made_before(evidence, index, facts)
            return _of_operator(evidence, made) if made is not None else _of_leaf(evidence, index)
    for each in evidence.operators:
        if each.outputs_finite or each.node in deliberate and each.phase == "forward":
            continue
        if each.phase == "backward":
            blamed = each.node in hidden or _forward_finite(evidence, each.node, deliberate)
            if each.inputs_finite and blamed:
                return _of_operator(evidence, each)
            continue
        facts = next(f for f in each.outputs if f is not None and not f.finite)
        if not each.inputs_finite:
            harm = harm_of(evidence, deliberate, each)
            if harm is None:
                continue
            facts = harm
        if each.node in hidden and each.node not in firm and not (facts.nan and _dropped(evidence, each.node)):
            continue  # The forward put something finite in its place; what spread is the gradient.
        if each.node in reached or (facts.nan and (_dropped(evidence, each.node) or not _chosen(evidence, each.node))):
            return _of_operator(evidence, each, facts)
    return _carried(evidence, deliberate, reached) or _statistic_made(evidence)


def _of_leaf(evidence: Evidence, index: int) -> Origin:
    node, facts = evidence.graph.nodes[index], evidence.leaves[index]
    if node.leaf is None:
        # An operator whose inputs are gone: it gave this, from what is not known.
        return Origin(_producer(evidence, index, "forward", node.op, node.block, facts, node.device), index)
    leaf = node.leaf
    batch = evidence.batch_name(leaf)
    phase = "data" if batch else _ARRIVAL.get(leaf.group, "data")
    return Origin(_producer(evidence, index, phase, "", batch or leaf.name, facts, leaf.device), index)


def _made_before(evidence: Evidence, index: int, facts: TensorFacts) -> Optional[OperatorFacts]:
    """The operator that went bad where an array that came in is what the iteration had made by then, and cut off (`detach`).

    Its contents show it: statistics that are equal to those of an output, which was computed before anything read the array.
    """
    nodes = evidence.graph.nodes
    if not _is_batch(evidence, index):
        return None
    first = min((node.order for node in nodes if any(port[0] == index for port in node.inputs)), default=0)
    for each in evidence.forward():
        if nodes[each.node].order < first and any(output == facts for output in each.outputs):
            own = evidence.graph.made_of([each.node])
            return next((e for e in evidence.forward() if e.node in own and e.inputs_finite and not e.outputs_finite), None)
    return None


def _carried(evidence: Evidence, deliberate: Set[int], reached: Set[int]) -> Optional[Origin]:
    """The origin where nothing but infinities on purpose went to where it must not."""
    row = let_through(evidence, deliberate, reached)
    if row is not None:
        return _of_operator(evidence, row)
    leaf = next((index for index in sorted(evidence.leaves) if index in deliberate and index in reached), None)
    if leaf is not None:
        return _of_leaf(evidence, leaf)
    made = next((each for each in evidence.forward() if each.node in deliberate and each.node in reached), None)
    return _of_operator(evidence, made) if made is not None else None


def _statistic_made(evidence: Evidence) -> Optional[Origin]:
    """The operator that left a running statistic non-finite although all that it read, and all that it gave, is finite."""
    for each in evidence.forward():
        node = evidence.graph.nodes[each.node]
        for port in node.inputs:
            leaf, facts = evidence.graph.nodes[port[0]].leaf, evidence.output(port)
            if leaf is None or facts is None or not _is_bad_statistic(evidence, port) or not facts.finite:
                continue
            made = Producer("forward", node.op, node.block, node.source, shape=facts.shape, device=leaf.device)
            return Origin(made, each.node, each, statistic=leaf.name)
    return None


def _of_operator(evidence: Evidence, each: OperatorFacts, facts: Optional[TensorFacts] = None) -> Origin:
    node = evidence.graph.nodes[each.node]
    facts = facts or next(f for f in each.outputs if f is not None and not f.finite)
    made = _producer(evidence, each.node, each.phase, node.op, node.block, facts, node.device)
    if not _of_samples(evidence, each, facts):
        made = replace(made, sample=None, file=None)
    return Origin(made, each.node, each)


def _of_samples(evidence: Evidence, each: OperatorFacts, facts: TensorFacts) -> bool:
    """Whether that output can have rows of samples: a parameter's gradient has none, however long its first axis is."""
    nodes = evidence.graph.nodes
    start = each.node
    if each.phase == "backward":
        passed = [port for port, gradient in zip(nodes[each.node].inputs, each.outputs) if gradient is facts]
        start = passed[0][0] if passed else start
    seen, queue = {start}, [start]
    while queue:
        node = nodes[queue.pop()]
        if not node.inputs and (node.leaf is None or node.leaf.group not in ("parameters", "aux")):
            return True
        more = {port[0] for port in node.inputs} - seen
        seen |= more
        queue.extend(more)
    return False


# Operators that take one element and leave another. What they leave out is no accident; what a maximum drops is.
_CHOOSING = (
    *(
        "where",
        "pick",
        "slice",
        "slice_axis",
        "slice_like",
        "take",
        "gather_nd",
        "boolean_mask",
        "SequenceMask",
        "SequenceLast",
    ),
    *("SliceChannel", "_split_v2", "Crop", "batch_take", "_npi_where", "_npi_where_lscalar", "_npi_where_rscalar"),
    *("_npi_boolean_mask", "_npi_slice", "_npx_pick", "_npx_slice", "_npx_sequence_mask", "_npi_boolean_mask_assign_tensor"),
)


# Operators that tell which elements are NaN.
_ASKING = (
    *("_equal", "_not_equal", "broadcast_equal", "broadcast_not_equal", "_equal_scalar", "_not_equal_scalar", "_contrib_isnan"),
    *("_npi_equal", "_npi_not_equal", "_npi_isnan", "_npi_isfinite", "_npi_nan_to_num", "isnan", "isfinite"),
)


# Operators that read the shape of one input and none of its numbers.
_SHAPES = (
    *("broadcast_like", "reshape_like", "slice_like", "zeros_like", "ones_like", "shape_array", "size_array"),
    *("_contrib_arange_like", "_npx_reshape_like", "_npx_broadcast_like", "_npx_arange_like", "_npx_shape_array"),
    *("_npi_zeros_like", "_npi_ones_like", "_npi_full_like", "_np_zeros_like", "_np_ones_like"),
)


def _swallowers(evidence: Evidence, node: int) -> List[int]:
    """Operators that read something non-finite made from the node and give only finite numbers."""
    readers = evidence.graph.consumers()
    found: List[int] = []
    seen, queue = {node}, [node]
    while queue:
        current = queue.pop()
        for k in range(8):
            for reader in readers.get((current, k), ()):
                facts = evidence.output((current, k))
                out = evidence.output((reader, 0))
                if reader in seen or facts is None or facts.finite or out is None or evidence.graph.nodes[reader].op in _SHAPES:
                    continue
                seen.add(reader)
                if out.finite:
                    found.append(reader)
                else:
                    queue.append(reader)
    return found


def _dropped(evidence: Evidence, node: int) -> bool:
    """Whether a NaN of the node was lost by accident: in an operator that compares, such as relu or a maximum."""
    return any(evidence.graph.nodes[each].op not in _CHOOSING for each in _swallowers(evidence, node))


def _chosen(evidence: Evidence, node: int) -> bool:
    """Whether all that is non-finite made from the node was left out by operators that choose."""
    found = _swallowers(evidence, node)
    return bool(found) and all(evidence.graph.nodes[each].op in _CHOOSING for each in found)


def _replaced(evidence: Evidence, node: int) -> bool:
    """Whether all that is non-finite made from an array was asked after, or left out by operators that choose, or unused."""
    return all(evidence.graph.nodes[each].op in (*_CHOOSING, *_ASKING) for each in _swallowers(evidence, node))


def _forward_finite(evidence: Evidence, node: int, deliberate: Set[int]) -> bool:
    """Whether the forward of that node read and gave finite values, or infinite ones on purpose: only then can its gradient be
    to blame."""
    ports: List[Port] = list(evidence.graph.nodes[node].inputs) + [(node, k) for k in range(8)]
    known = ((port, evidence.output(port)) for port in ports)
    return all(facts is None or facts.finite or port[0] in deliberate for port, facts in known)


def _reaching(evidence: Evidence) -> Tuple[Set[int], Set[int], Set[int]]:
    """Nodes that hold something non-finite, in three sets.

    The first: a chain of non-finite values leads from them to a head, a statistic, or a gradient of their readers.
    The second: those, and those whose own gradient went bad, with what leads there.
    The third: those whose own gradient went bad although what arrived was finite.
    """
    bad_nodes = {each.node for each in evidence.forward() if not each.outputs_finite}
    bad_nodes |= {node for node, facts in evidence.leaves.items() if not facts.finite}
    goals = {port[0] for port in evidence.graph.losses if port[0] in bad_nodes}
    if evidence.gradients or evidence.aux:
        goals |= {
            i
            for i, node in enumerate(evidence.graph.nodes)
            if node.leaf is None and any(port[0] in bad_nodes for port in node.inputs) and _bad_backward(evidence, i)
        }
        goals |= {
            port[0]
            for node in evidence.graph.nodes
            for port in node.inputs
            if port[0] in bad_nodes and any(_is_bad_statistic(evidence, other) for other in node.inputs)
        }
    hidden = {
        each.node
        for each in evidence.backward()
        if not each.outputs_finite
        and each.inputs_finite
        and each.node in bad_nodes
        and all(facts is None or facts.finite for facts in map(evidence.output, evidence.graph.nodes[each.node].inputs))
    }
    firm = _leading_to(evidence, goals, bad_nodes)
    return firm, firm | _leading_to(evidence, hidden, bad_nodes), hidden


def _leading_to(evidence: Evidence, goals: Set[int], bad_nodes: Set[int]) -> Set[int]:
    reached: Set[int] = set()
    queue = list(goals)
    while queue:
        node = queue.pop()
        if node in reached:
            continue
        reached.add(node)
        queue.extend(port[0] for port in evidence.graph.nodes[node].inputs if port[0] in bad_nodes)
    return reached & (bad_nodes | goals)


def _bad_backward(evidence: Evidence, node: int) -> bool:
    """Whether the node's gradient went bad there: what arrived was finite, what it passed on was not."""
    return any(each.node == node and each.inputs_finite and not each.outputs_finite for each in evidence.backward())


def _is_bad_statistic(evidence: Evidence, port: Port) -> bool:
    leaf = evidence.graph.nodes[port[0]].leaf
    return leaf is not None and leaf.group == "aux" and leaf.name in evidence.aux


def _producer(evidence: Evidence, node: int, phase: str, op: str, block: str, facts: TensorFacts, device: str) -> Producer:
    sample, file = sample_of(evidence, facts, device) if phase not in ("parameter", "aux") else (None, None)
    return Producer(
        phase=phase,
        op=op,
        block=block,
        source=evidence.graph.nodes[node].source,
        value=facts.value,
        count=facts.bad,
        shape=facts.shape,
        index=facts.first_bad,
        sample=sample,
        file=file,
        device=device,
    )


def sample_of(evidence: Evidence, facts: TensorFacts, device: str) -> Tuple[Optional[int], Optional[str]]:
    """Which sample the first bad element belongs to, where the tensor's first axis is as long as the batch."""
    rows: Dict[int, str] = {int(s["row"]): str(s.get("path", "")) for s in evidence.samples if s.get("device") == device}
    if not rows:
        rows = {}
        lengths = {f.shape[0] for n, f in evidence.leaves.items() if _is_batch(evidence, n) and f.shape}
        lengths = lengths - {1} or lengths  # what is broadcast over the batch is no sample
        if facts.first_bad and len(lengths) == 1 and facts.shape[0] in lengths:
            return facts.first_bad[0], None
        return None, None
    if not facts.first_bad or facts.shape[0] != len(rows):
        return None, None
    row = facts.first_bad[0]
    return row, rows.get(row) or None


def relocated(evidence: Evidence, origin: Origin, index: Tuple[int, ...], value: float) -> Origin:
    """The same origin, pointing at the bad element that went on."""
    facts = TensorFacts(origin.producer.shape, "", first_bad=index)
    sample, file = sample_of(evidence, facts, origin.producer.device)
    word = "nan" if value != value else "+inf" if value > 0 else "-inf"
    return replace(origin, producer=replace(origin.producer, index=index, value=word, sample=sample, file=file))


def _is_batch(evidence: Evidence, node: int) -> bool:
    return bool(evidence.batch_name(evidence.graph.nodes[node].leaf))
