"""Walk from a snapshot to the dumped iteration: forward, backward and update of each iteration, compared bit by bit."""

import math
from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from nanhunt.backends.base import Backend, GraphRun
from nanhunt.backends.canonical import canonical
from nanhunt.backends.graph import Port
from nanhunt.backends.reductions import Reduction
from nanhunt.backends.update import GRADIENT, STATE, WEIGHT
from nanhunt.dump.record import Record
from nanhunt.dump.rewind import STATE as GROUPS
from nanhunt.dump.rewind import Observed, PastIteration, trail_of
from nanhunt.errors import ReplayError
from nanhunt.replay.compare import checksum
from nanhunt.replay.cures.base import outcome_of
from nanhunt.replay.rewinding.change import AsItWas, WalkChange
from nanhunt.replay.rewinding.past import PastSession, State

Remake = Callable[[PastIteration], Tuple[Mapping[str, np.ndarray], Sequence[str]]]
"""Makes a batch again of which a dump holds indices only: `<device>/<name>` to array, and what has changed, in words."""


@dataclass(frozen=True)
class Walked:
    """One iteration of a walk.

    Attributes:
        epoch, iteration, step: which one.
        loss: mean over the elements of what was differentiated.
        gradient_norm: 2-norm of all gradients together.
        bad: what came out non-finite, as (where, value); the update's results included.
        compared: tensors whose reductions were held against those of the training; 0 where something was changed.
        differing: those that are not the same, in order.
        sizes: of each activation and gradient, as `dump.runup.Measure` says.
    """

    epoch: int
    iteration: int
    step: int
    loss: float
    gradient_norm: float
    bad: Tuple[Tuple[str, str], ...]
    compared: int
    differing: Tuple[str, ...]
    sizes: Mapping[Tuple[str, str], float]

    @property
    def identical(self) -> bool:
        return self.compared > 0 and not self.differing


class Walk:
    """The way of one dump.

    Attributes:
        first: step of the earliest iteration that can be gone back to.
        last: step of the dumped one.

    Raises:
        ReplayError: the dump holds no way back.
        DumpDamagedError: what it holds cannot be read.
    """

    def __init__(self, record: Record, backend: Backend, remake: Optional[Remake] = None) -> None:
        self._remake = remake
        trail = trail_of(record)
        if trail is None or not trail.iterations:
            raise ReplayError(
                "the dump holds no snapshot to go back to; train with --snapshot-every K, and at least one iteration after it"
            )
        self._record = record
        self._backend = backend
        self._trail = trail
        dumped = PastSession(record, backend, {}, None, True, {})
        self._graph, self._names = canonical(dumped.graph, trail.named)
        self.last = int(record.iteration["step"])
        self.first = trail.iterations[0].step
        steps = [each.step for each in trail.iterations] + [self.last]
        gap = next((k for k, each in enumerate(trail.iterations) if each.update is None), None)
        if gap is not None:
            raise ReplayError(
                "what was written after the backward of step %d is not known in full (%s), so that the iterations after it "
                "cannot be run again" % (steps[gap], trail.iterations[gap].why_not)
            )
        if any(b != a + 1 for a, b in zip(steps, steps[1:])):
            raise ReplayError("the dump lacks iterations between step %d and step %d" % (steps[0], steps[-1]))
        self.state: State = {}

    def at(self, back: int) -> int:
        """The step `back` iterations before the dumped one.

        Raises:
            ReplayError: that is before the snapshot.
        """
        if self.last - back < self.first:
            raise ReplayError(
                "this dump goes back at most %d iterations, to step %d, where its snapshot is; train with a larger "
                "--snapshot-every, or more --history and --history-memory, to go back further"
                % (self.last - self.first, self.first)
            )
        return self.last - back

    @property
    def graphs(self) -> Tuple[int, int]:
        """How many of the past iterations ran another graph than the dumped one, and how many there are."""
        return sum(each.graph != self._graph for each in self._trail.iterations), len(self._trail.iterations)

    def run(self, change: Optional[WalkChange] = None, begins: int = 0) -> Iterator[Walked]:
        """Every iteration from the snapshot on, the dumped one last; `state` is then what that one begins with.

        Args:
            change: what is done otherwise; it ends where something is non-finite.
            begins: the first step with the change.
        """
        self.state = {group: dict(self._trail.state[group]) for group in GROUPS}
        for kept in self._trail.iterations:
            past = replace(kept, batch={**kept.batch, **self._remade(kept)}) if kept.remade else kept
            session = PastSession(self._record, self._backend, self.state, past, past.graph == self._graph, self._names)
            acting = change if change is not None and past.step >= begins else AsItWas()
            walked = self._iteration(session, past, acting, change is None)
            yield walked
            if change is not None and walked.bad:
                return
        session = PastSession(self._record, self._backend, self.state, None, True, self._names)
        yield self._iteration(session, None, change or AsItWas(), change is None)

    def _remade(self, past: PastIteration) -> Dict[str, np.ndarray]:
        """What the dump does not hold of its batch.

        Raises:
            ReplayError: it does not come out as it was.
        """
        if self._remake is None:
            raise ReplayError("the dump holds indices in place of the batch of step %d, and no dataset is at hand" % past.step)
        made, changed = self._remake(past)
        for name, crc in past.remade.items():
            if name not in made or checksum(made[name]) != crc:
                why = "; ".join(changed) or "its files are as they were; another NumPy may make it otherwise"
                raise ReplayError("the batch of step %d cannot be made again as it was: %s" % (past.step, why))
        return {name: made[name] for name in past.remade}

    def _iteration(self, session: PastSession, past: Optional[PastIteration], change: WalkChange, compares: bool) -> Walked:
        graph, values = change.iteration(session, past is None or past.graph == self._graph)
        observed = past.observed if past is not None else _observed_of(self._record, session)
        wanted: Dict[Port, List[Tuple[int, bool]]] = {}
        for k, each in enumerate(observed):
            if each.node >= 0 and each.kind in ("activation", "loss") and graph is session.graph:
                wanted.setdefault((each.node, each.output), []).append((k, each.plain or each.kind == "loss"))
        reduced: Dict[int, Reduction] = {}

        def visit(port: Port, tensor: Any) -> None:
            for k, plain in wanted.get(port, ()):
                reduction = self._backend.reduce(tensor, plain)
                if reduction is not None:
                    reduced[k] = reduction

        run = self._backend.run(graph, values, session.gradient, session.seed, visit)
        gradients = {leaf.name: tensor for leaf, tensor in run.gradients.items()}
        for k, each in enumerate(observed):
            tensor = gradients.get(each.name, run.returned.get(each.name)) if each.kind == "gradient" else None
            reduction = self._backend.reduce(tensor, True) if tensor is not None else None
            if reduction is not None:
                reduced[k] = reduction
        read = dict(zip(reduced, self._backend.read(list(reduced.values()))))
        outcome = outcome_of(graph, run, self._backend.to_numpy)
        bad = outcome.bad
        if past is not None:
            bad += self._advance(run, past, change)
        differing: List[str] = []
        if compares and past is not None:
            differing = [
                "%s %s" % (each.kind, each.name)
                for k, each in enumerate(observed)
                if k not in read or checksum(read[k]) != past.fingerprints[k]
            ]
        elif compares:
            differing = self.differing_state()
        at = past if past is not None else _Position.of(self._record)
        return Walked(
            at.epoch,
            at.iteration,
            at.step,
            outcome.loss,
            outcome.norm,
            bad,
            len(observed) if compares else 0,
            tuple(differing),
            {
                (observed[k].kind, observed[k].name): size_of(observed[k].kind, reduced[k], values)
                for k, values in sorted(read.items())
            },
        )

    def _advance(self, run: GraphRun, past: PastIteration, change: WalkChange) -> Tuple[Tuple[str, str], ...]:
        """Bring the state to what the next iteration begins with; what of it is not finite."""
        host, state = self._backend.to_numpy, self.state
        gradients = {leaf.name: self._as_stored("parameters", leaf.name, host(each)) for leaf, each in run.gradients.items()}
        gradients.update((name, host(each)) for name, each in run.returned.items())
        state["aux"].update((leaf.name, self._as_stored("aux", leaf.name, host(each))) for leaf, each in run.aux.items())
        assert past.update is not None
        update, gradients = change.update(past.update, gradients, past.step)

        def value(name: str) -> np.ndarray:
            role, _, rest = name.partition("/")
            if role == GRADIENT:
                return gradients[rest]
            if role == STATE:
                return state["optimizer"][rest]
            if role == WEIGHT:
                return state["parameters"][rest] if rest in state["parameters"] else state["aux"][rest]
            return past.arrays[name]

        try:
            written = self._backend.run_writes(update, value)
        except KeyError as error:
            raise ReplayError("the update after step %d reads %s, which the dump lacks" % (past.step, error)) from error
        bad = {}
        for name, array in written.items():
            role, _, rest = name.partition("/")
            if role == GRADIENT:
                gradients[rest] = array
                continue
            group = "optimizer" if role == STATE else "parameters" if rest in state["parameters"] else "aux"
            state[group][rest] = array
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                bad["the update's %s" % ("optimizer states" if role == STATE else "parameters")] = (
                    "nan" if np.isnan(array).any() else "inf"
                )
        state["gradients"] = {leaf.name: gradients[leaf.name] for leaf in run.gradients if leaf.grad_req == "add"}
        return tuple(bad.items())

    def _as_stored(self, group: str, name: str, array: np.ndarray) -> np.ndarray:
        """In the dtype that it has in the training, whatever a change computes in."""
        known = self.state[group].get(name)
        return array if known is None else array.astype(known.dtype, copy=False)

    def differing_state(self) -> List[str]:
        """What of the state that the walk came to is not, to the last bit, what the training had in the dumped iteration."""
        found = []
        for group in ("parameters", "aux", "optimizer"):
            recorded = getattr(self._record, group)
            for name, array in self.state[group].items():
                if name in recorded and checksum(recorded[name]) != checksum(array):
                    found.append("%s %s" % (group, name))
        return found


@dataclass(frozen=True)
class _Position:
    epoch: int
    iteration: int
    step: int

    @classmethod
    def of(cls, record: Record) -> "_Position":
        return cls(*(int(record.iteration.get(key) or 0) for key in ("epoch", "iteration", "step")))


def _observed_of(record: Record, session: PastSession) -> Tuple[Observed, ...]:
    """What the dumped iteration was observed in."""
    places = {node.name: k for k, node in enumerate(session.graph.nodes)}
    return tuple(
        Observed(
            each["kind"],
            each["name"],
            each["device"],
            places.get(each.get("node", ""), -1),
            int(each.get("output", 0)),
            bool(each.get("plain", False)),
        )
        for each in record.observed
        if each["kind"] == "gradient" or (each["kind"] in ("activation", "loss") and each.get("node") in places)
    )


def size_of(kind: str, reduction: Reduction, values: np.ndarray) -> float:
    """See `dump.runup.Measure`: of a gradient or loss its norm, of an activation its rms or its largest mean."""
    if values.size > 1 or reduction.rows:
        with np.errstate(invalid="ignore"):  # old NumPy warns of the maximum of NaN
            return float(np.abs(values).max())
    square = float(values[0]) if values.size else 0.0
    if kind != "activation":
        return math.sqrt(square) if square >= 0 else math.nan
    elements = max(int(np.prod(reduction.shape, dtype=np.int64)), 1)
    return math.sqrt(square / elements) if square >= 0 else math.nan
