"""What is done when a check trips: record the iteration, write the dump, run it again, and say what happened."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable, List, Mapping, Optional, Sequence, Set, Tuple

from nanhunt.backends.base import Backend, Instrumentation, State
from nanhunt.diagnose.finding import Finding
from nanhunt.dump.reader import DumpReader
from nanhunt.dump.record import Record
from nanhunt.dump.retention import DumpFolder
from nanhunt.dump.writer import update_finding
from nanhunt.errors import DumpError, NanhuntError
from nanhunt.replay.explain import explain, preliminary
from nanhunt.watching.capture import bad_kinds, make_record
from nanhunt.watching.sentinel import Reading
from nanhunt.watching.snapshot import Snapshot

Notice = Callable[[str], None]


@dataclass(frozen=True)
class Hit:
    """What was found in an iteration, and the file that replays it (None where none could or should be written)."""

    finding: Finding
    path: Optional[Path]


class HitHandler:
    """Turns readings that raise an alarm into a Hit, or finds that they mean nothing.

    Args:
        explain: run the iteration again at once and name the operator.
        notice: told in one line about what went wrong inside nanhunt itself.
    """

    def __init__(
        self, backend: Backend, instrumentation: Instrumentation, folder: DumpFolder, explain: bool, notice: Notice
    ) -> None:
        self._backend = backend
        self._instrumentation = instrumentation
        self._folder = folder
        self._explain = explain
        self._notice = notice
        self._harmless: Set[Tuple[str, str, str, int]] = set()

    def alarms(self, readings: Sequence[Reading]) -> List[Reading]:
        """Those that may be non-finite and are not known to be so on purpose."""
        alarms = [each for each in readings if each.alarm]
        if any(each.watched.kind != "activation" for each in alarms):
            return alarms
        return [each for each in alarms if _place(each) not in self._harmless]

    def handle(
        self,
        meta: Mapping[str, Any],
        states: Sequence[State],
        snapshot: Snapshot,
        named: Mapping[Tuple[str, str], Any],
        readings: Sequence[Reading],
        alarms: Sequence[Reading],
    ) -> Optional[Hit]:
        """The hit; None where everything is finite after all, or infinite on purpose."""
        record = make_record(
            self._backend,
            "non-finite",
            meta,
            self._instrumentation.capture(),
            [each for each in states if not each.statistic],
            snapshot.statistics(),
            snapshot.gradients(),
            self._instrumentation.optimizer_state(),
            named,
            readings,
        )
        if not bad_kinds(record.observed):
            return self._only_activations(record, alarms)
        finding = preliminary(record)
        more = self._folder.written < self._folder.keep
        path = self._write(replace(record, finding=finding.to_json()))
        if self._explain and more:
            finding = self._explained(record, path) or finding
        return Hit(finding, path)

    def _only_activations(self, record: Record, alarms: Sequence[Reading]) -> Optional[Hit]:
        """The rest is finite: a reduction overflowed, a mask is infinite on purpose, or a NaN was swallowed."""
        if all(each.watched.kind != "activation" for each in alarms):
            return None  # exact counts already said that these are only huge
        finding = self._explained(record, None)
        if finding is not None and finding.producer is None:
            self._harmless.update(_place(each) for each in alarms)
            return None
        finding = finding or preliminary(record)
        return Hit(finding, self._write(replace(record, finding=finding.to_json())))

    def _explained(self, record: Record, path: Optional[Path]) -> Optional[Finding]:
        """The finding from running the iteration again; None where that is not possible."""
        try:
            with self._instrumentation.asleep():
                if path is None:
                    return explain(record, self._backend).finding
                with DumpReader(path) as reader:
                    finding = explain(reader.record, self._backend).finding
            update_finding(path, finding.to_json())
            return finding
        except (NanhuntError, MemoryError) as error:
            self._notice("the iteration could not be explained: %s" % error)
        except Exception as error:  # the framework's own errors: the run must survive the microscope
            words = (str(error).strip().splitlines() or [""])[0]
            self._notice("the iteration could not be explained (%s: %s)" % (type(error).__name__, words))
        return None

    def _write(self, record: Record) -> Optional[Path]:
        try:
            return self._folder.write(record)
        except DumpError as error:
            self._notice(str(error))
            return None


def _place(reading: Reading) -> Tuple[str, str, str, int]:
    watched = reading.watched
    return (watched.name, watched.device, watched.kind, watched.output)
