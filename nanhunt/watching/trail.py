"""Keeps the way back: a snapshot of the state every some iterations, and what each iteration since was made of."""

import functools
from collections import deque
from dataclasses import dataclass, replace
from typing import Any, Callable, Deque, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from nanhunt.backends.base import Backend, Capture, HeldIteration, Instrumentation, State
from nanhunt.backends.canonical import canonical
from nanhunt.dump.rewind import KEY, PREFIX, Observed, TrailJson
from nanhunt.probes import Watched
from nanhunt.replay.compare import checksum
from nanhunt.watching.keeping import Keeping
from nanhunt.watching.sentinel import Readings
from nanhunt.watching.snapshot import Snapshot
from nanhunt.watching.spill import Spill

Notice = Callable[[str], None]

_MADE = ("data", "label")
"""Arrays of a batch that samples are made into."""

Named = FrozenSet[Tuple[str, str]]


@dataclass
class _State:
    """What an iteration began with: group (`dump.rewind.STATE`) to name to array."""

    step: int
    arrays: Dict[str, Dict[str, Any]]
    bytes: int = 0


@dataclass
class _Past:
    """An iteration that is over."""

    meta: Mapping[str, Any]
    named: Named
    read: List[Tuple[Watched, np.ndarray]]
    held: HeldIteration


def _guarded(method: Callable[..., None]) -> Callable[..., None]:
    """A run must not end because of what only keeps a way back."""

    @functools.wraps(method)
    def guarded(trail: "Trail", *arguments: Any, **options: Any) -> None:
        try:
            method(trail, *arguments, **options)
        except Exception as error:
            trail._off("%s: %s" % (type(error).__name__, (str(error).strip().splitlines() or [""])[0]))

    return guarded


class _OnDisk(HeldIteration):
    """An iteration whose arrays are on disk."""

    def __init__(self, capture: Capture, held: HeldIteration) -> None:
        self._capture = capture
        self.update, self.others, self.why_not = held.update, held.others, held.why_not

    def capture(self) -> Capture:
        return self._capture


class Trail:
    """The way back, as far as it is kept.

    Args:
        keeping: how often a snapshot is taken, and how much is kept.
        spill: writes them to disk instead; None keeps them in memory.
    """

    def __init__(
        self,
        backend: Backend,
        instrumentation: Instrumentation,
        keeping: Keeping,
        spill: Optional[Spill],
        notice: Notice,
    ) -> None:
        self._backend = backend
        self._instrumentation = instrumentation
        self._every = keeping.snapshot_every
        self._window = keeping.history
        self._indices = keeping.batches == "indices"
        self._limit = keeping.memory << 20
        self._spill = spill
        self._notice = notice
        self._told = False
        self._states: Deque[_State] = deque()
        self._past: Deque[_Past] = deque()
        self._pending: Optional[Tuple[Mapping[str, Any], Named, List[Tuple[Watched, np.ndarray]]]] = None
        self._fresh = False
        instrumentation.keep_iterations(self._every > 0)

    @_guarded
    def begin(self, step: int, states: Sequence[State], snapshot: Snapshot, optimizer: Mapping[str, Any], clean: bool) -> None:
        """An iteration begins, and nothing has changed yet.

        Args:
            snapshot: has the running statistics.
            clean: the iteration before was looked at and all was finite.
        """
        self._fresh = False
        if not self._every:
            return
        if not clean:
            self.restart()
            return
        if len({each.device for each in states}) > 1:
            self._off("it is not possible with several devices")
            return
        if not self._states or step - self._states[-1].step >= self._every:
            self._fresh = True
            taken = _State(step, {"parameters": {}, "aux": {}, "optimizer": {}, "gradients": {}})
            self._states.append(taken)
            self._add(states, snapshot)
            taken.arrays["optimizer"] = {name: self._copy(array) for name, array in optimizer.items()}
            taken.bytes += self._bytes(taken.arrays["optimizer"].values())

    @_guarded
    def grew(self, fresh: Sequence[State], snapshot: Snapshot) -> None:
        """Parameters are used that nobody knew of when the iteration began."""
        if self._fresh:
            self._add(fresh, snapshot)
        elif self._states and any(
            each.name not in self._states[-1].arrays["parameters"] for each in fresh if not each.statistic
        ):
            self.restart()

    def _add(self, states: Sequence[State], snapshot: Snapshot) -> None:
        taken = self._states[-1]
        fresh = {each.name: self._copy(each.tensor) for each in states if not each.statistic}
        taken.arrays["parameters"].update(fresh)
        statistics = {name: copy for (name, _), copy in snapshot.statistics().items()}
        taken.arrays["aux"].update(statistics)
        taken.bytes += self._bytes(fresh.values()) + self._bytes(statistics.values())

    @_guarded
    def checked(self, meta: Mapping[str, Any], named: Named, readings: Readings, snapshot: Snapshot) -> None:
        """The iteration was read and is finite; its update is still to come."""
        if not self._states:
            return
        self._instrumentation.hold()
        self._pending = (dict(meta), named, readings.of_replay())
        if self._fresh and not self._states[-1].arrays["gradients"]:
            gradients = {name: copy for (name, _), copy in snapshot.gradients().items()}
            self._states[-1].arrays["gradients"] = gradients
            self._states[-1].bytes += self._bytes(gradients.values())

    @_guarded
    def ends(self, withheld: bool) -> None:
        """The iteration is over, with its update or without."""
        if not self._states:
            return
        held, pending, self._pending = self._instrumentation.take_held(), self._pending, None
        if held is None or pending is None or withheld:
            self.restart()
            return
        self._past.append(_Past(*pending, held))
        if self._spill is not None:
            self._to_disk()
        self._trim(pending[0]["step"])

    def restart(self) -> None:
        """Nothing can be gone back to from here on but what comes."""
        self._states.clear()
        self._past.clear()
        self._pending = None

    def close(self) -> None:
        """Let everything go."""
        self.restart()
        if self._spill is not None:
            self._spill.close()

    def _to_disk(self) -> None:
        assert self._spill is not None
        past = self._past[-1]
        capture = past.held.capture()
        batch = {name: self._spill.write(self._backend.to_numpy(array)) for name, array in capture.batch.items()}
        past.held = _OnDisk(replace(capture, batch=batch), past.held)
        for state in self._states:
            for arrays in state.arrays.values():
                for name, array in arrays.items():
                    if not isinstance(array, np.ndarray):
                        arrays[name] = self._spill.write(self._backend.to_numpy(array))
            state.bytes = 0

    def _trim(self, step: int) -> None:
        while len(self._states) > 1 and self._states[1].step <= step - self._window:
            self._drop()
        if self._total() <= self._limit:
            return
        while len(self._states) > 1 and self._total() > self._limit:
            self._drop()
        if self._total() <= self._limit:
            return
        state, batches = self._states[0].bytes, sum(each.held.bytes for each in self._past)
        if not self._told:
            self._told = True
            self._notice(
                "going back: the state takes %d MB and %d iterations since it %d MB, which is more than --history-memory %d; "
                "they are let go. Give more, a smaller --snapshot-every, or --history-spill DIR"
                % (state >> 20, len(self._past), batches >> 20, self._limit >> 20)
            )
        self.restart()

    def _drop(self) -> None:
        """The oldest state, and the iterations that need it."""
        self._states.popleft()
        while self._past and self._past[0].meta["step"] < self._states[0].step:
            self._past.popleft()

    def _total(self) -> int:
        return sum(each.bytes for each in self._states) + sum(each.held.bytes for each in self._past)

    def _off(self, why: str) -> None:
        self._notice("going back: no snapshots are taken from here on (%s)" % why)
        self._every = 0
        self.restart()
        self._instrumentation.keep_iterations(False)

    def _copy(self, tensor: Any) -> Any:
        return self._backend.copy(tensor)

    def _host(self, tensor: Any) -> np.ndarray:
        return tensor if isinstance(tensor, np.ndarray) else self._backend.to_numpy(tensor)

    def _bytes(self, tensors: Any) -> int:
        return sum(self._backend.size(each) * np.dtype(each.dtype).itemsize for each in tensors)

    def to_record(self, named: Named) -> Tuple[Dict[str, Any], Dict[str, Any]]:
        """What goes into `Record.runup`, and what into `Record.history`: tensors, that are copied when the writer asks.

        Args:
            named: as in `dump.rewind.Trail`.
        """
        if not self._past:
            return {}, {}
        arrays: Dict[str, Any] = {}
        for group, members in self._states[0].arrays.items():
            arrays.update(("%s%s/%s" % (PREFIX, group, name), array) for name, array in members.items())
        body = TrailJson()
        for place, past in enumerate(self._past):
            capture = past.held.capture()
            places = {node.name: k for k, node in enumerate(capture.graph.nodes)}
            graph, names = canonical(capture.graph, past.named)
            # What a block gave that autograd did not record is not run again for its own sake.
            read = [(each, values) for each, values in past.read if each.kind == "gradient" or each.node in places]
            observed = tuple(
                Observed(each.kind, each.name, each.device, places.get(each.node, -1), each.output, each.plain)
                for each, _ in read
            )
            remade = {}
            if self._indices and past.meta.get("data") and past.meta.get("samples"):
                told = {key: array for key, array in capture.batch.items() if key in past.named and key[1] in _MADE}
                remade = {"%s/%s" % (key[0], names.get(key, key[1])): checksum(self._host(each)) for key, each in told.items()}
            body.add(past.meta, graph, observed, past.held.update, past.held.why_not, remade)
            prefix = "%s%d/" % (PREFIX, place)
            arrays[prefix + "fingerprints"] = np.array([checksum(values) for _, values in read], np.uint32)
            arrays.update((prefix + name, array) for name, array in past.held.others.items())
            for (device, name), array in capture.batch.items():
                full = "%s/%s" % (device, names.get((device, name), name))
                if full not in remade:
                    arrays["%sbatch/%s" % (prefix, full)] = array
        return {KEY: body.to_json(named)}, arrays
