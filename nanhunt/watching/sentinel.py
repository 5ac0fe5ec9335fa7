"""The sentinel: one cheap reduction for every watched tensor, all read at once at the iteration's end.

Arrays that stay from iteration to iteration (parameters, gradients, statistics, the optimizer's) are reduced by one call for
all of them, which is prepared once; what the forward makes is reduced as it comes. Nothing is described, named or sorted
before something is found, or somebody asks.

A probe with a reduction or a verdict of its own gets that on top: a second reduction of the tensors that it names, which is
read in the same copy, given to its verdict, and used for nothing else. What decides whether there is a finding, and what a
replay is compared with, is the sentinel's own reduction alone; so a tensor that only such a probe looks at has both.
"""

from dataclasses import dataclass
from typing import (
    Any,
    Callable,
    Dict,
    Hashable,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
    Union,
)

import numpy as np

from nanhunt.backends.base import Backend, Instrumentation
from nanhunt.backends.reductions import Collector, Looked, Place, Values
from nanhunt.probes import MOMENTS, MOST_VALUES, IterationView, Probe, Watched
from nanhunt.watching.standing import StandingGroup

Key = Tuple[str, str, str, str, int]

_ALIVE = ("input", "parameter", "optimizer", "loss", "gradient", "aux")
"""Kinds whose arrays are still there at the iteration's end and can be looked at exactly."""

MOST_REMARKS = 20
"""Of one probe in one run."""


@dataclass(frozen=True)
class Reading:
    """One tensor's reduction, read.

    Attributes:
        watched: what it was; `tensor` is None for activations, which are not kept.
        values: the reduction.
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


class _Asked(NamedTuple):
    """A probe at one moment: its method, whether it is somebody else's, and whether what it names is kept as a group."""

    probe: Probe
    names: Callable[[IterationView], Iterable[Watched]]
    plug_in: bool
    grouped: bool


class _Judged(NamedTuple):
    """A reduction for a probe's verdict, and its number among the values read."""

    probe: Probe
    watched: Watched
    number: int


class Single(NamedTuple):
    """One tensor, and its place among the values read."""

    watched: Watched
    looked: Looked


class _Group(NamedTuple):
    """Arrays that stay, and the numbers of their reductions among the values read; none while they are still due."""

    members: StandingGroup
    numbers: Sequence[int]


class Readings(Sequence[Reading]):
    """What an iteration's reductions were, in the order in which the tensors were first seen; made when it is asked for.

    Attributes:
        finite: whether all of them are.
    """

    def __init__(self, values: Values, seen: Sequence[Any]) -> None:
        self.finite = values.finite
        self._values = values
        self._seen = seen
        self._made: Optional[List[Reading]] = None

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, place: Any) -> Any:
        return self._all[place]

    def of_replay(self) -> List[Tuple[Watched, np.ndarray]]:
        """What a replay can give again, without the tensors."""
        # Not running statistics: MXNet 1.4.1 updates them behind the engine's back, so that a reading may come too soon.
        kinds = ("activation", "loss", "gradient")
        return [(_without_tensor(each.watched), each.values) for each in self._all if each.watched.kind in kinds]

    def nearness(self) -> float:
        """How large gradients, parameters and optimizer states are: from 1 on, the next update may not be finite."""
        groups = (each for each in self._seen if isinstance(each, _Group))
        with np.errstate(invalid="ignore"):  # old NumPy warns of the maximum of NaN
            return max(
                (
                    float(np.abs(values).max()) / _NEAR.get(dtype, _NEAR_IN_OTHERS)
                    for group in groups
                    if group.members.members[0].kind in ("gradient", "parameter", "optimizer")
                    for _, dtype, values in group.members.parts(group.numbers, self._values)
                ),
                default=0.0,
            )

    def copied(self) -> Tuple[Mapping[Hashable, np.ndarray], Sequence[Place]]:
        """See `Values.copied`."""
        return self._values.copied()

    def singles(self, kind: str) -> List[Single]:
        """What was reduced one by one, of that kind."""
        return [each for each in self._seen if isinstance(each, Single) and each.watched.kind == kind]

    def total(self, kind: str) -> float:
        """The sum of squares of all tensors of that kind, those that needed no reading now as they were last read."""
        alone = sum(float(self._values[each.looked.number].sum()) for each in self.singles(kind))
        groups = [each.members for each in self._seen if isinstance(each, _Group) and each.members.members[0].kind == kind]
        return alone + sum(each.total() for each in groups)

    def sums_of_squares(self, kind: str) -> Iterator[Tuple[Sequence[Watched], int]]:
        """Tensors of a kind that stays in memory, of which each has one value, its sum of squares; and their common number."""
        for each in self._seen:
            if isinstance(each, Single):
                if each.watched.kind == kind:
                    yield [each.watched], each.looked.number
            elif each.members.members[0].kind == kind:
                yield from each.members.together(each.numbers)

    @property
    def _all(self) -> List[Reading]:
        if self._made is None:
            found: Dict[Key, Reading] = {}
            for each in self._seen:
                for reading in self._of(each):
                    found[_key(reading.watched)] = reading
            self._made = list(found.values())
        return self._made

    def _of(self, each: Any) -> Iterator[Reading]:
        if isinstance(each, Single):
            yield Reading(each.watched, self._values[each.looked.number], each.looked.shape, each.looked.dtype)
            return
        for watched, shape, dtype, values in each.members.read(each.numbers, self._values):
            yield Reading(watched, values, shape, dtype)


_NOTHING: Tuple[Any, bool, Any] = (None, False, None)


class Sentinel:
    """Collects reductions while an iteration runs.

    Args:
        collector: gathers them; whoever owns it reads and resets it.
        probes: are asked by `ask`.
        known: is told what was read of parameters and what changes them, and knows which of them need no reading.

    Attributes:
        twice: look at everything a second time, for nothing but the time that it takes.
    """

    def __init__(
        self, backend: Backend, collector: Collector, probes: Sequence[Probe] = (), known: Optional[Instrumentation] = None
    ) -> None:
        self.twice = False
        self._instrumentation = known
        self._backend = backend
        self._collector = collector
        self._manners: Dict[int, _Manner] = {id(each): _manner_of(each) for each in probes}
        # Most probes care for one moment, and `forward` comes once for each activation.
        self._asked: Dict[str, List[_Asked]] = {
            moment: [_asked(each, moment, self._manners[id(each)]) for each in probes if _defines(each, moment)]
            for moment in MOMENTS
        }
        self._seen: Dict[Any, Any] = {}
        self._latest: Tuple[Any, bool, Any] = _NOTHING
        self._due: List[Union[StandingGroup, IterationView]] = []
        self._groups: Dict[Tuple[int, str], Tuple[Tuple[Any, ...], StandingGroup]] = {}
        self._judged: List[_Judged] = []
        self._judged_only: Set[Key] = set()
        self._remarks: List[Remark] = []
        self._standing: Set[Tuple[str, ...]] = set()
        self._remarked: Dict[int, int] = {}

    def ask(self, moment: str, view: IterationView, together: bool = True, standing: bool = True) -> None:
        """Look at what the probes name at that moment, one of `probes.MOMENTS`.

        A plug-in that fails is left out from then on, with a remark: a run must not end because of it.

        Args:
            together: those arrays that stay as one group, now and in the iterations to come.
            standing: look at what stands between iterations at all.
        """
        if self._due and moment != "begin":
            self.look_at_due()
        for each in self._asked[moment]:
            if each.grouped and not standing:
                continue
            try:
                if each.grouped and together:
                    self._look_at_standing(each.probe, moment, each.names, view)
                else:
                    self.look(list(each.names(view)), each.probe if each.plug_in else None)
            except Exception as error:
                if not each.plug_in:
                    raise
                self._leave_out(each.probe, moment, error)

    def ask_later(self, view: IterationView) -> None:
        """As `ask` at the moment `begin`, of a batch that has just come in: when the device has something else to do."""
        self._due.append(view)

    def look(self, tensors: Iterable[Watched], probe: Optional[Probe] = None) -> None:
        """Queue the reduction of every tensor that can hold a NaN; a tensor seen again replaces its earlier reading.

        Args:
            probe: who named them; its own reduction, if it has one, is queued as well.
        """
        if probe is not None:
            manner = self._manners.get(id(probe)) or self._manners.setdefault(id(probe), _manner_of(probe))
            if manner.judges:
                tensors = self._look_to_judge(list(tensors), probe, manner)
        for each in tensors:
            alive = each.kind in _ALIVE
            plain = each.plain or alive
            if each.tensor is self._latest[0] and plain == self._latest[1]:
                looked = self._latest[2]  # a loss is what the last block returned, as a rule
            else:
                # Nothing may write into what was recorded, as long as recording is on.
                looked = self._collector.look(each.tensor, plain, stays=each.node != "" and not alive)
                if looked is None:
                    continue
                if self.twice:
                    self._collector.look(each.tensor, plain, stays=each.node != "" and not alive)
                self._latest = (each.tensor, plain, looked)
            self._seen[_key(each)] = Single(each if alive else _without_tensor(each), looked)

    def flush(self) -> None:
        """Arrays may be written into from here on that could not be before."""
        self._collector.flush()

    def look_at_due(self) -> None:
        """Queue the reductions of the arrays that an iteration begins with.

        They stay as they are until its update, so that this can wait until the device has something else to do.
        """
        due, self._due = self._due, []
        for each in due:
            if isinstance(each, StandingGroup):
                self._queue(each)
            else:
                self.ask("begin", each, together=False)

    def readings(self, values: Values) -> Readings:
        """What was read, told apart; the probes' verdicts are called: see `remarks`."""
        if self._judged:
            self._judge(values)
        groups = [each for each in self._seen.values() if isinstance(each, _Group)]
        for each in groups:
            each.members.remember(each.numbers, values)
        if self._instrumentation is not None and values.finite and any(each.members.shared for each in groups):
            for each in groups:
                for members, dtype, squares in each.members.parts(each.numbers, values):
                    if dtype == "float32" and members[0].kind in ("gradient", "parameter", "optimizer"):
                        self._instrumentation.learn([watched.tensor for watched in members], squares.tolist())
        return Readings(values, list(self._seen.values()))

    def remarks(self) -> List[Remark]:
        """What the probes had to say since this was last called.

        A tensor of which a probe says something at iteration after iteration is remarked on once, when that begins.
        """
        said, self._remarks = self._remarks, []
        return said

    def queued(self) -> List[Tuple[Any, List[str]]]:
        """Arrays as they were queued, each with the blocks whose outputs had been computed by then."""
        singles = [each for each in list(self._seen.values()) if isinstance(each, Single)]
        names = {each.looked.number: each.watched.name for each in singles if each.watched.kind == "activation"}
        found = [(array, [names[each] for each in numbers if each in names]) for array, numbers in self._collector.queued()]
        return [each for each in found if each[1]]

    def reset(self) -> None:
        """Forget the iteration."""
        self._seen, self._due, self._latest = {}, [], _NOTHING
        self._judged, self._judged_only = [], set()

    def close(self) -> None:
        """Forget what stays from iteration to iteration as well."""
        self.reset()
        self._groups = {}

    def _look_at_standing(
        self, probe: Probe, moment: str, names: Callable[[IterationView], Iterable[Watched]], view: IterationView
    ) -> None:
        asked = (view.parameters, view.aux, view.optimizer, view.first, tuple(head.device for head in view.heads))
        known = self._groups.get((id(probe), moment))
        if known is None or any(a is not b for a, b in zip(asked[:3], known[0])) or asked[3:] != known[0][3:]:
            members = list(names(view))
            same = known is not None and known[1].has(members)
            known = self._groups[(id(probe), moment)] = (asked, known[1] if known and same else self._group(members))
        group = known[1]
        if not group.members:
            return
        if moment == "begin":
            # In its place already, so that readings come in the order in which an iteration comes to their tensors.
            self._seen[id(group)] = _Group(group, ())
            self._due.append(group)
        else:
            self._queue(group)

    def _queue(self, group: StandingGroup) -> None:
        numbers = group.queue(self._collector)
        if self.twice:
            group.queue_again(self._collector, numbers)
        self._seen[id(group)] = _Group(group, numbers)

    def _group(self, members: List[Watched]) -> StandingGroup:
        parameters = all(each.kind == "parameter" for each in members)
        known = self._instrumentation
        return StandingGroup(self._backend, members, known.moderate if known is not None and parameters else None)

    # Probes with a reduction or a verdict of their own.

    def _look_to_judge(self, tensors: List[Watched], probe: Probe, manner: _Manner) -> List[Watched]:
        """Queue the probe's own reductions; returns those tensors that no other probe has looked at."""
        for each in tensors:
            kept = each if each.kind in _ALIVE else _without_tensor(each)
            if manner.reduce is not None:
                with self._backend.paused():
                    reduced = manner.reduce(each.tensor)
                _check_reduction(reduced)
                number = self._collector.add_values(np.dtype(reduced.dtype).name, reduced, int(reduced.shape[0]))
            else:
                looked = self._collector.look(each.tensor, each.plain or each.kind in _ALIVE)
                if looked is None:
                    continue
                number = looked.number
            self._judged.append(_Judged(probe, kept, number))
        known = self._known() - self._judged_only
        alone = [each for each in tensors if _key(each) not in known]
        self._judged_only.update(_key(each) for each in alone)
        return alone

    def _known(self) -> Set[Key]:
        found = {key for key in self._seen if isinstance(key, tuple)}
        for each in self._seen.values():
            if isinstance(each, _Group):
                found.update(_key(watched) for watched in each.members.members)
        return found

    def _judge(self, values: Values) -> None:
        standing: Set[Tuple[str, ...]] = set()
        for probe, watched, number in self._judged:
            read = values[number]
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
        self._asked = {at: [each for each in asked if each.probe is not probe] for at, asked in self._asked.items()}
        self._manners.pop(id(probe), None)
        words = (str(error).strip().splitlines() or [""])[0]
        self._remarks.append(
            Remark(probe.name, "failed in `%s` (%s: %s); it is left out from now on" % (moment, type(error).__name__, words))
        )


def _without_tensor(watched: Watched) -> Watched:
    """At a third of the price of `_replace`, once for each activation."""
    return Watched(watched.kind, watched.name, watched.device, None, watched.node, watched.output, watched.plain)


def _key(watched: Watched) -> Key:
    return (watched.kind, watched.name, watched.device, watched.node, watched.output)


def _defines(probe: Probe, method: str) -> bool:
    return getattr(type(probe), method) is not getattr(Probe, method)


def _asked(probe: Probe, moment: str, manner: _Manner) -> _Asked:
    return _Asked(probe, getattr(probe, moment), manner.plug_in, probe.standing and not manner.judges)


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
