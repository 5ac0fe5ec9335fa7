"""What is done when a check trips: record the iteration, write the dump, run it again, and say what happened."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

import numpy as np

from nanhunt.backends.base import Backend, Instrumentation, State
from nanhunt.backends.graph import Graph
from nanhunt.diagnose.finding import NOT_RUN, Finding, Recurrence
from nanhunt.dump.reader import DumpReader
from nanhunt.dump.record import Record
from nanhunt.dump.retention import DumpFolder
from nanhunt.dump.writer import update_finding
from nanhunt.errors import DumpError, NanhuntError
from nanhunt.replay.cures import try_fixes
from nanhunt.replay.explain import arrived, explain, preliminary
from nanhunt.replay.session import Session
from nanhunt.replay.update import UPDATES
from nanhunt.watching.capture import certainly_bad, make_record, with_history
from nanhunt.watching.history import History
from nanhunt.watching.sentinel import Reading
from nanhunt.watching.snapshot import Snapshot
from nanhunt.watching.trail import Trail

Notice = Callable[[str], None]


_SECONDS_FOR_FIXES = 10.0
"""Longest that trying changes on the iteration may hold up the program."""

_ON_PURPOSE = ("activation", "input")
"""Kinds of tensors that may be infinite without harm, such as a mask that is added before a softmax."""


@dataclass(frozen=True)
class Hit:
    """What was found in an iteration, and the file that replays it (None where none could or should be written)."""

    finding: Finding
    path: Optional[Path]


class Moment(NamedTuple):
    """An iteration in which something tripped, as it stands.

    Attributes:
        meta: for the dump.
        snapshot: what forward and backward have overwritten.
        named: arrays that went in, by (device, name).
    """

    meta: Mapping[str, Any]
    states: Sequence[State]
    snapshot: Snapshot
    named: Mapping[Tuple[str, str], Any]
    readings: Sequence[Reading]


class HitHandler:
    """Turns readings that raise an alarm into a Hit, or finds that they mean nothing.

    Args:
        explain: run the iteration again at once and name the operator.
        history: of the iterations before.
        trail: the way back to them.
        notice: told in one line about what went wrong inside nanhunt itself.
    """

    def __init__(
        self,
        backend: Backend,
        instrumentation: Instrumentation,
        folder: DumpFolder,
        explain: bool,
        history: History,
        trail: Trail,
        notice: Notice,
    ) -> None:
        self._backend = backend
        self._instrumentation = instrumentation
        self._folder = folder
        self._explain = explain
        self.history = history
        self.trail = trail
        self._notice = notice
        self._named: FrozenSet[Tuple[str, str]] = frozenset()
        self.on_certain: Callable[[Finding], None] = lambda finding: None
        """Told as soon as it is certain that there is a hit, with what is known before it is explained."""
        self._failure = ""
        self._harmless: Set[Tuple[str, str, str, int]] = set()

    def alarms(self, readings: Sequence[Reading]) -> List[Reading]:
        """Those that may be non-finite and are not known to be so on purpose."""
        alarms = [each for each in readings if each.alarm and not self._only_huge(each)]
        news = [each for each in alarms if _place(each) not in self._harmless]
        return alarms if any(each.watched.kind != "activation" for each in news) else news

    def _only_huge(self, reading: Reading) -> bool:
        """Whether the tensor is still there and finite: its reduction overflowed."""
        tensor = reading.watched.tensor
        if tensor is None or self._instrumentation.changed(tensor):
            return False
        return bool(np.isfinite(self._backend.to_numpy(tensor)).all())

    def handle(self, moment: Moment) -> Optional[Hit]:
        """The hit; None where everything is finite after all, or infinite on purpose."""
        record = _without_stale_gradients(self._record("non-finite", moment))
        if not certainly_bad(record.observed):
            return self._uncertain(record)
        finding = self._preliminary(record)
        self.on_certain(finding)
        more = self._folder.written < self._folder.keep
        if not (self._explain and more):
            why = "no more dumps are kept" if self._explain else "explaining was turned off"
            finding = replace(finding, recurrence=Recurrence(NOT_RUN, why=why))
        path = self._write(replace(record, finding=finding.to_json()))
        if self._explain and more:
            explained = self._explained(record, path)
            finding = explained or self._with_failure(finding)
            if explained is None and path is not None:
                self._update(path, finding)
        return Hit(finding, path)

    def _with_failure(self, finding: Finding) -> Finding:
        """The finding of an iteration that could not be run again."""
        return replace(finding, recurrence=Recurrence(NOT_RUN, why=self._failure))

    def _update(self, path: Path, finding: Finding) -> None:
        try:
            update_finding(path, finding.to_json())
        except DumpError as error:
            self._notice(str(error))

    def bad_label(self, moment: Moment) -> Optional[Hit]:
        """The hit of an iteration in which a label cannot be; None where that changes nothing."""
        record = self._record("bad-label", moment)
        finding = self._explained(record, None)
        if finding is None or finding.cause not in ("bad-label", "infeasible-target"):
            return None
        return self._hit(record, finding)

    def stopped(self, moment: Moment) -> Hit:
        """The hit of an iteration in which nothing is wrong here, but with another worker."""
        record = self._record("stopped", moment)
        finding = preliminary(record)
        return self._hit(record, finding)

    def _record(self, reason: str, moment: Moment) -> Record:
        meta, states, snapshot, named, readings = moment
        before = sorted(
            {each.watched.name for each in readings if each.watched.kind == "input" and _place(each) in self._harmless}
        )
        meta = dict(meta, infinite_before=before) if before else meta
        capture = self._instrumentation.capture()
        kinds = ("parameter", "optimizer")
        bad = {each.watched.name.split("/")[0] for each in readings if each.watched.kind in kinds and each.alarm}
        updates = {each.name: self._instrumentation.update_operator(each.tensor) for each in states if each.name in bad}
        record = make_record(
            self._backend,
            reason,
            meta,
            capture,
            [each for each in states if not each.statistic],
            snapshot.statistics(capture.carried),
            snapshot.gradients(),
            self._instrumentation.optimizer_state(),
            named,
            readings,
            self._instrumentation.changed,
            self.history.run_up(),
        )
        self._named = frozenset(named)
        written = {name: op for name, op in updates.items() if op}
        tensors = {each.name: each.tensor for each in states if each.name in bad}
        by_program = {name: self._instrumentation.written_by_program(tensor) for name, tensor in tensors.items()}
        by_program = {name: line for name, line in by_program.items() if line}
        plain = {name: _came_in_as(tensor, named) for name, tensor in tensors.items() if self._instrumentation.plain(tensor)}
        if written or by_program or plain:
            written = {name: op for name, op in written.items() if name not in plain}
            settings = dict(record.optimizer_settings, updated_by=written, written_by_program=by_program, not_updated=plain)
            # What came in with the batch was looked at as that already.
            kept = [each for each in record.observed if each["kind"] != "parameter" or not plain.get(each["name"])]
            record = replace(record, optimizer_settings=settings, observed=kept)
        return self._with_update(record, readings) if meta.get("clean_before") else record

    def _with_trail(self, record: Record) -> Record:
        """The record with what is kept for going back."""
        try:
            body, arrays = self.trail.to_record(self._named)
        except Exception as error:  # the iteration itself is worth more
            self._notice("the dump holds no way back (%s: %s)" % (type(error).__name__, error))
            return record
        if not body:
            return record
        return with_history(replace(record, runup={**record.runup, **body}), arrays, self._backend)

    def _with_update(self, record: Record, readings: Sequence[Reading]) -> Record:
        """The record with the update that made the first parameter or state bad, where it was kept."""
        producer = arrived(record)
        if producer is None or producer.phase not in ("parameter", "optimizer"):
            return record
        watched = (each.watched for each in readings)
        tensor = next(
            each.tensor
            for each in watched
            if (each.kind, each.name, each.device) == (producer.phase, producer.block, producer.device)
        )
        found = self._instrumentation.update_of(tensor)
        if found is None:
            return record
        update, copies = found
        graph = dict(record.graph, **{UPDATES: {producer.block: update.to_json()}})
        return with_history(replace(record, graph=graph), copies, self._backend)

    def _preliminary(self, record: Record) -> Finding:
        """What is known before the iteration runs again."""
        try:
            with self._instrumentation.asleep():
                return preliminary(record, self._backend)
        except Exception as error:  # the framework's own errors: the run must survive the microscope
            self._notice("the update could not be run again (%s)" % type(error).__name__)
            return preliminary(record)

    def _uncertain(self, record: Record) -> Optional[Hit]:
        """What is there to be counted is finite: a reduction overflowed, a mask is infinite on purpose, a NaN was swallowed, or
        the program has changed what was not finite."""
        alarms = [each for each in record.observed if each["nonfinite"]]
        if not alarms:
            return None  # exact counts say that these are only huge
        finding = self._explained(record, None)
        transient = finding is not None and finding.recurrence is not None and finding.recurrence.again == "transient"
        if finding is not None and finding.producer is None and not transient:
            self._harmless.update((a["name"], a["device"], a["kind"], a["output"]) for a in alarms if a["kind"] in _ON_PURPOSE)
            return None
        finding = finding or self._with_failure(self._preliminary(record))
        return self._hit(record, finding)

    def _explained(self, record: Record, path: Optional[Path]) -> Optional[Finding]:
        """The finding from running the iteration again; None where that is not possible."""
        try:
            with self._instrumentation.asleep():
                if path is None:
                    return explain(record, self._backend, in_place=True).finding
                with DumpReader(path) as reader:
                    explanation = explain(reader.record, self._backend, in_place=True)
                    session = Session(reader.record, self._backend)
                    fixes = try_fixes(session, explanation, _SECONDS_FOR_FIXES, path)
            finding = replace(explanation.finding, fixes=fixes)
            update_finding(path, finding.to_json())
            return finding
        except (NanhuntError, MemoryError) as error:
            self._failure = str(error) or type(error).__name__
            self._notice("the iteration could not be explained: %s" % error)
        except Exception as error:  # the framework's own errors: the run must survive the microscope
            words = (str(error).strip().splitlines() or [""])[0]
            self._failure = "%s: %s" % (type(error).__name__, words)
            self._notice("the iteration could not be explained (%s)" % self._failure)
        return None

    def _hit(self, record: Record, finding: Finding) -> Hit:
        return Hit(finding, self._write(replace(record, finding=finding.to_json())))

    def _write(self, record: Record) -> Optional[Path]:
        if self._folder.written < self._folder.keep:
            record = self._with_trail(record)
        try:
            return self._folder.write(record)
        except DumpError as error:
            self._notice(str(error))
            return None


def _without_stale_gradients(record: Record) -> Record:
    """The record without gradients that no backward of the iteration has written: what they hold was looked at before."""
    if not record.graph.get("nodes"):
        return record
    graph = Graph.from_json(record.graph)
    read = graph.made_of([node for node, _ in graph.losses])
    leaves = (graph.nodes[each].leaf for each in read)
    fresh = {(leaf.name, leaf.device) for leaf in leaves if leaf is not None and leaf.group == "parameters"}
    if not fresh:
        return record
    stale = [e for e in record.observed if e["kind"] == "gradient" and e["nonfinite"] and (e["name"], e["device"]) not in fresh]
    return replace(record, observed=[e for e in record.observed if e not in stale]) if stale else record


def _came_in_as(tensor: Any, named: Mapping[Tuple[str, str], Any]) -> str:
    """The name of the batch's array that it is; empty where it is none."""
    return next((name for (_, name), array in named.items() if array is tensor), "")


def _place(reading: Reading) -> Tuple[str, str, str, int]:
    watched = reading.watched
    return (watched.name, watched.device, watched.kind, watched.output)
