"""A Record of an iteration that came to no end, from what is already computed: nothing here waits for the stuck devices."""

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from nanhunt.backends.base import Backend, Capture, Instrumentation, State
from nanhunt.backends.graph import Graph
from nanhunt.dump.format import HANG
from nanhunt.dump.record import Record
from nanhunt.dump.runup import RunUp
from nanhunt.watching.capture import environment_of
from nanhunt.watching.hang.asking import Questions, within
from nanhunt.watching.snapshot import Snapshot

Arrays = Mapping[str, np.ndarray]
Named = Mapping[Tuple[str, str], Any]

_environments: Dict[type, Dict[str, Any]] = {}


def know_environment(backend: Backend) -> Dict[str, Any]:
    """The environment, found out once. Some of it takes another process, and MXNet waits for its engine before it forks."""
    found = _environments.get(type(backend))
    if found is None:
        found = _environments[type(backend)] = environment_of(backend)
    return found


@dataclass(frozen=True)
class InFlight:
    """What a Hunt knows of the iteration under way, or of the run between two.

    Attributes:
        meta: for the dump.
        under_way: whether an iteration is.
        differentiated: whether its backward was called.
        states: parameters and running statistics.
        snapshot: of the statistics, as they were before it.
        named: arrays that went in, by (device, name).
        host: the same as NumPy arrays, where those are at hand.
        run_up: the iterations before.
        queued: arrays that were queued, with the blocks that had run by then.
    """

    meta: Mapping[str, Any]
    under_way: bool
    differentiated: bool
    states: Sequence[State]
    snapshot: Snapshot
    named: Named
    host: Mapping[Tuple[str, str], np.ndarray]
    run_up: Optional[RunUp] = None
    queued: Sequence[Tuple[Any, List[str]]] = field(default_factory=list)


class Salvage:
    """Copies of arrays that the devices have finished; the names of the others.

    Every array is asked for in a thread of its own, which is left behind where the devices still owe it.

    Attributes:
        missing: what could not be had, in words.
    """

    def __init__(self, backend: Backend, questions: Questions) -> None:
        self._backend = backend
        self._questions = questions
        self.missing: List[str] = []

    def take(self, kind: str, tensors: Mapping[str, Any]) -> Arrays:
        """Those of `tensors` that can be had, by name."""
        found: Dict[str, np.ndarray] = {}
        lost: List[str] = []
        for name, tensor in tensors.items():
            answered, value = self._questions.ask(_copy(self._backend, tensor))
            if answered:
                found[name] = value
            else:
                lost.append(name)
        if lost:
            more = " and %d more" % (len(lost) - 2) if len(lost) > 2 else ""
            self.missing.append("%s: %s%s" % (kind, ", ".join(lost[:2]), more))
        return found


def _copy(backend: Backend, tensor: Any) -> Callable[[], np.ndarray]:
    if isinstance(tensor, np.ndarray):
        return lambda: tensor
    return lambda: backend.to_numpy(tensor)


def salvage(backend: Backend, instrumentation: Instrumentation, flight: InFlight) -> Tuple[Record, Tuple[str, ...]]:
    """The Record, and what it lacks, in words."""
    rescue = Salvage(backend, Questions(1.0))
    capture = _capture(instrumentation, flight, rescue) if flight.under_way else Capture(Graph((), ()), {})
    batch = {"%s/%s" % key: tensor for key, tensor in dict(capture.batch).items() if tensor is not None}
    if flight.under_way:
        batch.update({"%s/%s" % key: tensor for key, tensor in {**flight.named, **flight.host}.items()})
    parameters, others = _by_device([(s.name, s.device, s.tensor) for s in flight.states if not s.statistic], "parameters")
    aux, other_aux = _by_device(_statistics(flight, capture), "aux")
    names, history = flight.run_up.to_record() if flight.run_up is not None else ({}, {})
    optimizer = instrumentation.optimizer_state()
    gradients = {"%s/%s" % (d, n): copy for (n, d), copy in flight.snapshot.gradients().items()} if flight.under_way else {}
    record = Record(
        reason=HANG,
        finding={},
        environment=know_environment(backend),
        iteration=flight.meta,
        batch=rescue.take("the batch", batch),
        parameters=rescue.take("parameters", parameters),
        aux=rescue.take("running statistics", aux),
        optimizer=rescue.take("optimizer state", optimizer.arrays),
        devices=rescue.take("other devices", {**others, **other_aux}),
        gradients=rescue.take("gradients", gradients),
        optimizer_settings=optimizer.settings,
        graph=capture.graph.to_json(),
        history=history,
        runup=names,
    )
    return record, tuple(rescue.missing)


def _capture(instrumentation: Instrumentation, flight: InFlight, rescue: Salvage) -> Capture:
    def capture() -> Capture:
        with instrumentation.asleep():
            if not flight.differentiated:
                instrumentation.take_pending()
            return instrumentation.capture()

    answered, found = within(5.0, capture)
    if isinstance(found, Capture):
        return found
    rescue.missing.append("the op graph" + (" (%s)" % type(found).__name__ if answered else ""))
    return Capture(Graph((), ()), {})


def _statistics(flight: InFlight, capture: Capture) -> List[Tuple[str, str, Any]]:
    """As they were before the forward, or as they are where none is under way."""
    if not flight.under_way:
        return [(each.name, each.device, each.tensor) for each in flight.states if each.statistic]
    return [(name, device, copy) for (name, device), copy in flight.snapshot.statistics(capture.carried).items()]


def _by_device(arrays: Sequence[Tuple[str, str, Any]], group: str) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """Of the first device by name, and all others by `<device>/<group>/<name>`: comparing them would take long."""
    first: Dict[str, Any] = {}
    others: Dict[str, Any] = {}
    for name, device, tensor in arrays:
        if name in first:
            others["%s/%s/%s" % (device, group, name)] = tensor
        else:
            first[name] = tensor
    return first, others
