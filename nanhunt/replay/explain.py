"""From a dumped iteration to a Finding: run, compare, trace, find the producer, name the cause."""

from dataclasses import dataclass, replace
from typing import List, Optional, Sequence, Tuple

import numpy as np

from nanhunt.backends.base import Backend
from nanhunt.backends.graph import PYTHON_CODE, Graph, Node, Port
from nanhunt.diagnose import causes
from nanhunt.diagnose.causes import Case, arrival
from nanhunt.diagnose.chain import Step, chain_of, steps_from
from nanhunt.diagnose.defects import Symptoms, matching
from nanhunt.diagnose.evidence import Evidence, TensorFacts
from nanhunt.diagnose.finding import ABSURD_WEIGHT, Finding, Position, Producer, Recurrence, Spread, Worker
from nanhunt.diagnose.growth import verdict_of
from nanhunt.diagnose.producer import Origin, find_producer, relocated
from nanhunt.diagnose.reach import picked_element
from nanhunt.dump.record import Record
from nanhunt.dump.runup import run_up_of
from nanhunt.replay.compare import Comparison, run_and_compare
from nanhunt.replay.labels import BadLabel, find_bad_label
from nanhunt.replay.recurrence import recurrence_of
from nanhunt.replay.session import Session
from nanhunt.replay.summed import find_sum
from nanhunt.replay.targets import find_impossible_target
from nanhunt.replay.trace import calls, trace
from nanhunt.replay.update import explain_update


@dataclass(frozen=True, eq=False)
class BadElements:
    """Where the producer's output, the gradient that it passed on, or what the loss picked from it, is non-finite.

    Attributes:
        port: in the evidence's graph, what the tensor is, or what it is the gradient of.
        mask: boolean, of the offending sample alone: the tensor's shape without its first axis.
    """

    port: Port
    mask: np.ndarray


@dataclass(frozen=True)
class Explanation:
    """A Finding and what it rests on.

    Attributes:
        steps: the way from the producer to the loss, of which the finding's `chain` is the short form.
        bad: what to mark in the offending sample; None where no sample is known.
    """

    finding: Finding
    comparison: Comparison
    evidence: Evidence
    origin: Optional[Origin]
    steps: Tuple[Step, ...] = ()
    bad: Optional[BadElements] = None


def preliminary(record: Record, backend: Optional[Backend] = None) -> Finding:
    """What the observed tensors alone tell, before the iteration ran again; with a backend, the update before it is."""
    position = {k: int(record.iteration.get(k) or 0) for k in ("epoch", "iteration", "step")}
    bad = {kind for kind in ("loss", "gradient", "parameter", "aux", "optimizer") if _any_bad(record, kind)}
    spread = Spread("loss" in bad, "gradient" in bad, "parameter" in bad, "aux" in bad, "optimizer" in bad)
    producer = arrived(record)
    worker = _worker(record)
    lost = None if spread.parameters else _largest_weight(record)
    finding = Finding(Position(**position), producer=producer, spread=spread, worker=worker, largest_weight=lost)
    run_up = run_up_of(record)
    if run_up is not None:
        finding = replace(finding, run_up=verdict_of(run_up))
    if worker is not None and worker.stopped_with is not None:
        why = "nothing is wrong here: stopped with worker %d, which found %s" % (worker.stopped_with, worker.what)
        return replace(finding, why=why)
    if producer is None:
        return replace(finding, why="not explained yet: `nanhunt replay` on the dump names the operator")
    if producer.phase in ("parameter", "optimizer") and record.iteration.get("clean_before"):
        return explain_update(finding, producer, record, backend)
    verdict = arrival.of_producer(producer)
    return replace(finding, cause=verdict.cause, why=verdict.why, proof="proven") if verdict is not None else finding


def _recorded(record: Record) -> Optional[Recurrence]:
    """What was found out when it was written."""
    try:
        return Finding.from_json(record.finding).recurrence
    except (KeyError, TypeError):
        return None


def _gone(finding: Finding) -> str:
    """Nothing non-finite came of running it again."""
    again = finding.recurrence
    if again is None or again.again != "transient":
        return "nothing non-finite arose when the iteration ran again"
    first = ", first %s" % again.differing[0] if again.differing else ""
    return (
        "transient: nothing non-finite arose when the iteration ran again in place, from the same state with the same batch "
        "and seed (%s; %d tensors differ%s). Its operators do not make it; nondeterminism or hardware may, such as memory that "
        "flips a bit, or a program that writes into arrays in use" % (again.why, len(again.differing), first)
    )


def _worker(record: Record) -> Optional[Worker]:
    found = record.iteration.get("worker")
    if not isinstance(found, dict):
        return None
    try:
        return Worker(found["rank"], int(found["size"]), found.get("stopped_with"), str(found.get("what", "")))
    except (TypeError, KeyError, ValueError):
        return None


_PHASES = {"input": "data", "parameter": "parameter", "aux": "aux", "optimizer": "optimizer"}


def arrived(record: Record) -> Optional[Producer]:
    """The first observed tensor that was bad before anything ran; None where all that went in was finite, or as ever."""
    known = record.iteration.get("infinite_before") or ()
    for each in record.observed:
        if each["kind"] == "input" and each["name"] in known:
            continue
        went_in = each["kind"] in ("input", "parameter", "optimizer") or (
            each["kind"] == "aux" and not record.graph.get("nodes")
        )
        if went_in and each["nonfinite"] and each["checksum"] is not None:
            value = "nan" if each["nan"] else "+inf" if each["+inf"] else "-inf"
            count = each["nan"] + each["+inf"] + each["-inf"]
            shape = tuple(each["shape"])
            return Producer(
                _PHASES[each["kind"]], block=each["name"], value=value, count=count, shape=shape, device=each["device"]
            )
    return None


def _largest_weight(record: Record) -> Optional[float]:
    """See Finding."""
    largest = 0.0
    leaves = [node.leaf for node in Graph.from_json(record.graph).nodes] if record.graph.get("nodes") else []
    for name in {leaf.name for leaf in leaves if leaf and leaf.group == "parameters" and leaf.grad_req != "null"}:
        array = record.parameters[name] if name in record.parameters else np.zeros(0)
        if array.size and np.isfinite(array).all():  # an input marked for gradients may be otherwise
            largest = max(largest, abs(float(array.min())), abs(float(array.max())))
    return largest if largest > ABSURD_WEIGHT else None


def _any_bad(record: Record, kind: str) -> bool:
    return any(each["kind"] == kind and each.get("nonfinite") for each in record.observed)


def explain(record: Record, backend: Backend, comparison: Optional[Comparison] = None, in_place: bool = False) -> Explanation:
    """Run the iteration again and say what happened in it.

    Args:
        in_place: it has just run, in this process: whether it comes again is found out. Else that is what the dump says.

    Raises:
        DumpDamagedError, ReplayError: it cannot be run.
    """
    session = Session(record, backend)
    if comparison is None:
        comparison = run_and_compare(session)
    evidence = trace(session)
    origin = find_producer(evidence)
    recurrence = recurrence_of(session, comparison) if in_place else _recorded(record)
    finding = replace(preliminary(record, backend), replay=comparison.reproduction(), recurrence=recurrence)
    if comparison.gradients_bad is not None:
        intact = any(e["kind"] == "gradient" and e["checksum"] is not None and e["nonfinite"] for e in record.observed)
        finding = replace(finding, spread=replace(finding.spread, gradients=bool(comparison.gradients_bad) or intact))
    target = find_impossible_target(session, evidence, origin) if origin is not None else None
    if target is not None:
        return Explanation(_of_label(finding, target, session, evidence), comparison, evidence, None)
    if origin is None:
        went_on = finding.spread != Spread()
        if (
            finding.producer is not None
            and finding.producer.phase == "data"
            and not (finding.producer.value == "nan" and went_on)
        ):
            # It came in and nothing came of it.
            finding = replace(finding, producer=None, proof="unknown", cause="unknown", why="")
        label = None
        if finding.producer is None:
            # Before a sum that overflows: a gradient that was never computed may be of any size.
            label = find_impossible_target(session, evidence)
        total = find_sum(session, evidence) if finding.producer is None and finding.spread.gradients and label is None else None
        if finding.producer is None and total is None:
            label = label or find_bad_label(session, evidence)
        if total is not None:
            finding = replace(
                finding, producer=total.producer, proof="proven", cause="overflow", why=total.why, fixes=total.fixes
            )
        elif label is not None:
            finding = _of_label(finding, label, session, evidence)
        elif finding.producer is None and record.reason != "stopped":
            finding = replace(finding, why=_gone(finding))
        return Explanation(finding, comparison, evidence, None)
    if origin.statistic:
        origin = _with_statistic(origin, record)
    arrived = origin.operator is None
    graph = evidence.graph
    readers = graph.consumers().get((origin.node, 0), [])
    nodes = [*_upstream(graph, origin.node, 4), *readers]
    bad: Optional[BadElements] = None
    arrays = calls(session, [] if arrived else nodes, backward=origin.producer.phase == "backward")
    if origin.producer.phase == "forward":
        for reader in readers:
            index = picked_element(graph.nodes[reader], arrays.inputs.get(reader, ()), arrays.outputs.get(reader, ()))
            if index is not None and graph.nodes[reader].inputs[0] == (origin.node, 0):
                origin = relocated(evidence, origin, index, float(arrays.outputs[origin.node][0][index]))
                bad = _bad((reader, 0), arrays.outputs[reader][0], origin.producer.sample)
                break
        if bad is None and arrays.outputs.get(origin.node):
            bad = _bad((origin.node, 0), arrays.outputs[origin.node][0], origin.producer.sample)
    elif origin.producer.phase == "backward":
        for port, array in zip(graph.nodes[origin.node].inputs, arrays.gradients_out.get(origin.node, ())):
            if array is not None and array.shape == origin.producer.shape and not np.isfinite(array).all():
                bad = _bad(port, array, origin.producer.sample)
                break
    elif origin.producer.phase == "data":
        leaf = graph.nodes[origin.node].leaf
        bad = _bad((origin.node, 0), session.leaf(leaf), origin.producer.sample) if leaf is not None else None

    def reference(node: Node, inputs: Sequence[np.ndarray]) -> Optional[List[np.ndarray]]:
        return backend.in_float64(node, inputs)

    verdict = causes.judge(Case(evidence, origin, arrays, reference, int(record.iteration.get("step") or 0)))
    # The trace ran the operator alone on its recorded inputs, and what is bad on arrival needs no proof but its presence; but a
    # program's own code is not run again, nor an operator whose inputs are gone.
    # What nobody gave to a network or a loss may be the program's own work, before it recorded.
    unnamed = origin.producer.phase == "data" and origin.producer.block.startswith("leaf_")
    inferred = unnamed or (arrived and origin.producer.phase == "forward") or graph.nodes[origin.node].op in PYTHON_CODE
    steps = steps_from(evidence, origin)
    finding = replace(
        finding,
        producer=origin.producer,
        proof="likely" if inferred else "proven",
        cause=verdict.cause if verdict is not None else "unknown",
        why=verdict.why if verdict is not None else _evidence_in_words(evidence, origin),
        fixes=verdict.fixes if verdict is not None else (),
        chain=chain_of(steps),
    )
    if origin.producer.phase == "parameter" and record.iteration.get("clean_before"):
        finding = explain_update(finding, origin.producer, record, backend)
    finding = _with_defects(finding, session, evidence, origin.producer.op)
    return Explanation(finding, comparison, evidence, origin, steps, bad)


def _of_label(finding: Finding, label: BadLabel, session: Session, evidence: Evidence) -> Finding:
    """The finding with a label for its producer."""
    found = replace(finding, producer=label.producer, proof="proven", cause=label.cause, why=label.why, fixes=label.fixes)
    return _with_defects(found, session, evidence, label.op)


def _with_defects(finding: Finding, session: Session, evidence: Evidence, op: str) -> Finding:
    """The finding with the known defects that the iteration shows."""
    version = str(session.record.environment.get("mxnet", ""))
    defects = matching(Symptoms(evidence, session.graph, finding.cause, op), version) if version else []
    return replace(finding, fixes=finding.fixes + tuple(each.fix() for each in defects))


def _with_statistic(origin: Origin, record: Record) -> Origin:
    """The origin with what was seen in the running statistic after the operator."""
    for each in record.observed:
        if each["kind"] == "aux" and each["name"] == origin.statistic and each["device"] == origin.producer.device:
            value = "nan" if each["nan"] else "+inf" if each["+inf"] else "-inf"
            count = each["nan"] + each["+inf"] + each["-inf"]
            return replace(origin, producer=replace(origin.producer, value=value, count=count))
    return origin


def _upstream(graph: Graph, node: int, depth: int) -> List[int]:
    """The node and the operators that fed it, some steps back: a rule may ask what its argument is made of."""
    found = [node]
    layer = [node]
    for _ in range(depth):
        layer = [port[0] for each in layer for port in graph.nodes[each].inputs if graph.nodes[port[0]].leaf is None]
        layer = [each for each in dict.fromkeys(layer) if each not in found]
        found.extend(layer)
    return found


def _bad(port: Port, array: np.ndarray, sample: Optional[int]) -> Optional[BadElements]:
    if sample is None or array.ndim == 0 or sample >= array.shape[0]:
        return None
    return BadElements(port, ~np.isfinite(array[sample]))


def _evidence_in_words(evidence: Evidence, origin: Origin) -> str:
    """What was seen, where no rule knows the cause."""
    producer = origin.producer
    side = "the gradient of %s" % producer.op if producer.phase == "backward" else producer.op
    if origin.operator is None:
        return "%s gave %d non-finite of its values (%s); what it read had been overwritten since" % (
            producer.op,
            producer.count,
            producer.value,
        )
    came = [_facts_in_words(each) for each in origin.operator.inputs if each is not None]
    gave = [_facts_in_words(each) for each in origin.operator.outputs if each is not None]
    read = ""
    if producer.phase == "backward":
        ports = [evidence.output(port) for port in evidence.graph.nodes[origin.node].inputs]
        known = [_facts_in_words(each) for each in ports if each is not None]
        read = "; its forward read %s" % " and ".join(known[:4]) if known else ""
    return "%s gives %s in %d elements although what came in is finite; no rule knows why. In: %s%s. Out: %s" % (
        side,
        producer.value,
        producer.count,
        " and ".join(came[:4]) or "nothing",
        read,
        " and ".join(gave[:4]) or "nothing",
    )


def _facts_in_words(facts: TensorFacts) -> str:
    """Shape, finite range and counts of one tensor."""
    text = "%s%s" % (facts.dtype, list(facts.shape))
    if facts.minimum is not None and facts.maximum is not None:
        text += " in [%.4g, %.4g]" % (facts.minimum, facts.maximum)
    counts = (("zeros", facts.zeros), ("nan", facts.nan), ("+inf", facts.positive_inf), ("-inf", facts.negative_inf))
    seen = ", ".join("%d %s" % (count, name) for name, count in counts if count)
    return text + (" (%s)" % seen if seen else "")
