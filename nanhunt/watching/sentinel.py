"""The sentinel: one cheap reduction for every watched tensor, all read at once at the iteration's end.

A probe with a reduction or a verdict of its own gets that on top: a second reduction of the tensors that it names, which is
read in the same copy, given to its verdict, and used for nothing else. What decides whether there is a finding, and what a
replay is compared with, is the sentinel's own reduction alone; so a tensor that only such a probe looks at has both.
"""

from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

import numpy as np

from nanhunt.backends.base import Backend
from nanhunt.probes import MOMENTS, MOST_VALUES, IterationView, Probe, Watched

Key = Tuple[str, str, str, str, int]

_ALIVE = ("input", "parameter", "optimizer", "loss", "gradient", "aux")
"""Kinds whose arrays are still there at the iteration's end and can be looked at exactly."""

_SMALL = 1 << 14
"""Elements up to which such arrays are reduced together: if the sum is not finite, each is looked at exactly."""

MOST_REMARKS = 20
"""Of one probe in one run."""


@dataclass(frozen=True)
class Reading:
    """One tensor's reduction, read.

    Attributes:
        watched: what it was; `tensor` is None for activations, which are not kept.
        values: the reduction; small arrays that are still there share one.
        shape, dtype: the tensor's.
    """

    watched: Watched
    values: np.ndarray
    shape: Tuple[int, ...]
    dtype: str

    @property
    def alarm(self) -> bool:
        """Whether the tensor may be non-finite (a huge finite value can overflow in the reduction)."""
        return not bool(np.isfinite(self.values).all())


_NEAR = {"float16": 1e6}
_NEAR_IN_OTHERS = 1e12
"""By dtype, the reduction (a sum of squares, or means) beyond which an update may overflow although no check has failed yet."""


def nearness(readings: Sequence[Reading]) -> float:
    """How large gradients, parameters and optimizer states are: from 1 on, the next update may not be finite."""
    kinds = ("gradient", "parameter", "optimizer")
    unique = {id(each.values): each for each in readings if each.watched.kind in kinds}
    largest = [
        max(float(each.values.max()), -float(each.values.min())) / _NEAR.get(each.dtype, _NEAR_IN_OTHERS)
        for each in unique.values()
        if each.values.size
    ]
    return max(largest, default=0.0)


@dataclass(frozen=True)
class Remark:
    """What a probe has to say, other than that something is not finite; as a string, one line for the user.

    Attributes:
        probe: its name.
        text: its sentence.
        watched: the tensor that it speaks of; None where it is about the probe.
    """

    probe: str
    text: str
    watched: Optional[Watched] = None

    def __str__(self) -> str:
        where = f" ({self.watched.kind} {self.watched.name} on {self.watched.device})" if self.watched is not None else ""
        return f"probe {self.probe}: {self.text}{where}"


class _Manner(NamedTuple):
    """What a probe does beyond naming tensors."""

    reduce: Optional[Callable[[Any], Any]]
    judges: bool
    plug_in: bool


class _Judged(NamedTuple):
    """A reduction for a probe's verdict."""

    probe: Probe
    watched: Watched
    reduced: Any


class Sentinel:
    """Collects reductions while an iteration runs.

    Args:
        probes: are asked by `ask`.
    """

    def __init__(self, backend: Backend, probes: Sequence[Probe] = ()) -> None:
        self._backend = backend
        self._manners: Dict[int, _Manner] = {id(each): _manner_of(each) for each in probes}
        # Most probes care for one moment, and `forward` comes once for each activation.
        self._asked: Dict[str, List[Tuple[Probe, Callable[[IterationView], Iterable[Watched]], bool]]] = {
            moment: [
                (each, getattr(each, moment), self._manners[id(each)].plug_in) for each in probes if _defines(each, moment)
            ]
            for moment in MOMENTS
        }
        self._seen: Dict[Key, Watched] = {}
        self._reduced: Dict[Key, Any] = {}
        self._described: Dict[Key, Tuple[Tuple[int, ...], str]] = {}
        self._judged: List[_Judged] = []
        self._judged_only: Set[Key] = set()
        self._remarks: List[Remark] = []
        self._standing: Set[Tuple[str, ...]] = set()
        self._remarked: Dict[int, int] = {}

    def ask(self, moment: str, view: IterationView) -> None:
        """Look at what the probes name at that moment, one of `probes.MOMENTS`.

        A plug-in that fails is left out from then on, with a remark: a run must not end because of it.
        """
        for probe, names, plug_in in self._asked[moment]:
            if not plug_in:
                self.look(names(view))
                continue
            try:
                self.look(list(names(view)), probe)
            except Exception as error:
                self._leave_out(probe, moment, error)

    def look(self, tensors: Iterable[Watched], probe: Optional[Probe] = None) -> None:
        """Queue the reduction of every tensor that can hold a NaN; a tensor seen again replaces its earlier reading.

        Args:
            probe: who named them; its own reduction, if it has one, is queued as well.
        """
        if probe is not None:
            manner = self._manners.get(id(probe)) or self._manners.setdefault(id(probe), _manner_of(probe))
            if manner.judges:
                tensors = self._look_to_judge(list(tensors), probe, manner)
        together: Dict[Tuple[str, str], List[Key]] = {}
        for each in tensors:
            tensor = each.tensor
            if not self._backend.is_floating(tensor):
                continue
            key = _key(each)
            dtype = np.dtype(tensor.dtype).name
            self._described[key] = (tuple(tensor.shape), dtype)
            if each.kind not in _ALIVE:
                self._seen[key] = replace(each, tensor=None)
                self._reduced[key] = self._backend.reduce(tensor)
                continue
            self._seen[key] = each
            if 0 < self._backend.size(tensor) <= _SMALL:
                together.setdefault((each.device, dtype), []).append(key)
            else:
                self._reduced[key] = self._backend.reduce(tensor)
        for keys in together.values():
            if len(keys) == 1:
                self._reduced[keys[0]] = self._backend.reduce(self._seen[keys[0]].tensor)
                continue
            one = self._backend.reduce_together([self._seen[key].tensor for key in keys])
            self._reduced.update((key, one) for key in keys)

    def read(self) -> List[Reading]:
        """All readings, in the order in which the tensors were first seen; waits for the devices.

        The probes' verdicts are called: see `remarks`.
        """
        unique = {id(each): each for each in self._reduced.values()}
        queued = list(unique.values()) + [each.reduced for each in self._judged]
        if not queued:
            return []
        values = self._backend.read(queued)
        self._judge(values[len(unique) :])
        of = dict(zip(unique, values))
        return [Reading(watched, of[id(self._reduced[key])], *self._described[key]) for key, watched in self._seen.items()]

    def remarks(self) -> List[Remark]:
        """What the probes had to say since this was last called.

        A tensor of which a probe says something at iteration after iteration is remarked on once, when that begins.
        """
        said, self._remarks = self._remarks, []
        return said

    def reset(self) -> None:
        """Forget the iteration."""
        self._seen, self._reduced, self._described = {}, {}, {}
        self._judged, self._judged_only = [], set()

    # Probes with a reduction or a verdict of their own.

    def _look_to_judge(self, tensors: List[Watched], probe: Probe, manner: _Manner) -> List[Watched]:
        """Queue the probe's own reductions; returns those tensors that no other probe has looked at."""
        for each in tensors:
            if manner.reduce is not None:
                with self._backend.paused():
                    reduced = manner.reduce(each.tensor)
                _check_reduction(reduced)
            elif self._backend.is_floating(each.tensor):
                reduced = self._backend.reduce(each.tensor)
            else:
                continue
            kept = each if each.kind in _ALIVE else replace(each, tensor=None)
            self._judged.append(_Judged(probe, kept, reduced))
        alone = [each for each in tensors if _key(each) not in self._seen or _key(each) in self._judged_only]
        self._judged_only.update(_key(each) for each in alone)
        return alone

    def _judge(self, values: Sequence[np.ndarray]) -> None:
        standing: Set[Tuple[str, ...]] = set()
        for (probe, watched, _), read in zip(self._judged, values):
            if id(probe) not in self._manners:
                continue
            try:
                text = probe.verdict(watched, read)
            except Exception as error:  # as in `ask`
                self._leave_out(probe, "verdict", error)
                continue
            if not text:
                continue
            topic = (probe.name, watched.kind, watched.name, watched.device)
            standing.add(topic)
            said = self._remarked.get(id(probe), 0)
            if topic not in self._standing and said < MOST_REMARKS:
                self._remarked[id(probe)] = said + 1
                last = " [the last remark of this probe in this run]" if said + 1 == MOST_REMARKS else ""
                self._remarks.append(Remark(probe.name, " ".join(str(text).split()) + last, watched))
        self._standing = standing

    def _leave_out(self, probe: Probe, moment: str, error: Exception) -> None:
        self._asked = {at: [each for each in asked if each[0] is not probe] for at, asked in self._asked.items()}
        self._manners.pop(id(probe), None)
        words = (str(error).strip().splitlines() or [""])[0]
        self._remarks.append(
            Remark(probe.name, "failed in `%s` (%s: %s); it is left out from now on" % (moment, type(error).__name__, words))
        )


def _key(watched: Watched) -> Key:
    return (watched.kind, watched.name, watched.device, watched.node, watched.output)


def _defines(probe: Probe, method: str) -> bool:
    return getattr(type(probe), method) is not getattr(Probe, method)


def _manner_of(probe: Probe) -> _Manner:
    reduce = probe.reduce if _defines(probe, "reduce") else None
    plug_in = not type(probe).__module__.startswith("nanhunt.")
    return _Manner(reduce, reduce is not None or _defines(probe, "verdict"), plug_in)


def _check_reduction(reduced: Any) -> None:
    """Refuse at once what would break the common read at the end, where nobody knows whose it was."""
    shape = getattr(reduced, "shape", None)
    if isinstance(reduced, np.ndarray) or shape is None:
        raise TypeError("`reduce` must return an array of the framework, not %s" % type(reduced).__name__)
    if len(shape) != 1 or not 0 < shape[0] <= MOST_VALUES:
        raise ValueError(
            "`reduce` must return a 1-D array of 1 to %d values, not one of shape %s" % (MOST_VALUES, tuple(shape))
        )
