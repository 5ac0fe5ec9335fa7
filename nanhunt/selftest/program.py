"""Run the user's own program once clean and once for every fault, and measure what watching takes."""

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, List, Optional, Sequence

from nanhunt.diagnose.finding import Finding
from nanhunt.errors import NanhuntError, UsageError
from nanhunt.selftest.faults import Fault
from nanhunt.selftest.faults.base import AT
from nanhunt.selftest.process import Ended, ended_by_sigterm, run_once
from nanhunt.selftest.result import Outcome, Overhead, SelfTest, alarms_of
from nanhunt.selftest.task import Report, Task

LEAST = AT + 2
"""Iterations: an update of the faulty one shows in the next."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What is run.

    Attributes:
        words: the program's command line: a script and what follows it, or `-m` and a module.
        faults: what is planted.
        iterations: of each run.
        rounds: of a bare and a watched run in turn; 0 for none.
        timeout: seconds that a run may take.
    """

    words: Sequence[str]
    faults: Sequence[Fault]
    iterations: int
    rounds: int
    timeout: float


def selftest_of_program(plan: Plan, say: Say) -> SelfTest:
    """Run everything.

    Args:
        say: told what is going on.

    Raises:
        UsageError: there is no such program.
        NanhuntError: the program fails by itself, or has no iterations into which a fault could be planted.
    """
    with ended_by_sigterm(), tempfile.TemporaryDirectory(prefix="nanhunt-selftest-") as name:
        return _Runs(plan, Path(name) / "run", say).all()


class _Runs:
    """The runs of one self-test.

    Args:
        folder: of each run, made and removed by it.
    """

    def __init__(self, plan: Plan, folder: Path, say: Say) -> None:
        self._plan = plan
        self._folder = folder
        self._say = say
        self._alarms: List[str] = []

    def all(self) -> SelfTest:
        """Run them."""
        plan, faults = self._plan, self._plan.faults
        self._say("a clean run")
        clean = _usable(self._run())
        if clean.finding is not None:
            self._alarm(clean.finding)
        outcomes: List[Outcome] = []
        for number, fault in enumerate(faults, 1):
            does = fault.does_to_program or fault.does
            self._say("%d of %d: %s: %s" % (number, len(faults), fault.name, does))
            outcomes.append(self._planted(fault, does, clean))
            self._say("  " + outcomes[-1].words)
        overhead = self._overhead() if plan.rounds and clean.finding is None else None
        return SelfTest(" ".join(plan.words), tuple(outcomes), clean.begun, tuple(self._alarms), overhead)

    def _alarm(self, finding: Finding) -> None:
        for each in alarms_of([finding]):
            self._say("  found without any fault: %s" % each)
            self._alarms.append(each)

    def _run(self, fault: str = "", watched: bool = True, more: int = 0) -> Ended:
        task = Task(self._plan.words, self._plan.iterations + more, fault, watched)
        return run_once(task, self._folder, self._plan.timeout)

    def _planted(self, fault: Fault, does: str, clean: Report) -> Outcome:
        if clean.finding is not None and clean.finding.iteration.step <= AT:
            return Outcome(fault.name, does, (), planted=False, why="the clean run has a finding before it")
        ended = self._run(fault.name)
        report = ended.report if ended.report is not None else Report()
        planted, finding = report.planted, report.finding
        expected = fault.expected_of(planted)
        if finding is not None and _same(finding, clean.finding):
            finding = None  # it is there without the fault
        elif finding is None and (ended.why or report.code):
            return Outcome(fault.name, does, expected.causes, why=_end_of(ended, True))
        if not planted.done:
            if finding is not None:
                self._alarm(finding)
            return Outcome(fault.name, does, expected.causes, planted=False, why=planted.why_not)
        if finding is None and fault.plant().may_vanish and not planted.reached:
            why = "it reached neither the loss nor a gradient"
            return Outcome(fault.name, does, expected.causes, planted=False, why=why)
        seconds = max(0.0, report.finding_seconds - statistics.median(clean.seconds)) if finding is not None else 0.0
        return Outcome.of(fault, does, expected, finding, seconds)

    def _overhead(self) -> Optional[Overhead]:
        """Of the iterations but the first two, which compile and plan."""
        bare: List[float] = []
        watched: List[float] = []
        for number in range(self._plan.rounds):
            self._say("watched and bare, %d of %d" % (number + 1, self._plan.rounds))
            for watches, seconds in ((False, bare), (True, watched)):
                report = self._run(watched=watches, more=1).report
                seconds += report.seconds[2:] if report is not None else []
        if not bare or not watched:
            self._say("  not measured: the program has too few iterations")
            return None
        return Overhead.of(bare, watched)


def _usable(ended: Ended) -> Report:
    """The report of a clean run.

    Raises:
        UsageError, NanhuntError: no fault can be planted, and why not.
    """
    report = ended.report
    if report is not None and report.refused:
        raise UsageError(report.refused)
    if report is not None and report.cannot:
        raise NanhuntError(
            "the program cannot be self-tested: %s; faults are planted into what a gluon.Trainer trains" % report.cannot
        )
    if report is None or (report.finding is None and (ended.why or report.code)):
        raise NanhuntError("\n".join(["the clean run failed: %s; its last lines:" % _end_of(ended), *ended.output]))
    if report.finding is None and len(report.seconds) < LEAST:
        count = len(report.seconds)
        why = (
            "it did not import mxnet" if not report.imported else "%d had an update by a gluon.Trainer, of %d" % (count, LEAST)
        )
        raise NanhuntError("the program ended without iterations into which a fault could be planted: %s" % why)
    return report


def _same(finding: Finding, other: Optional[Finding]) -> bool:
    """Whether it is that of the clean run."""
    return other is not None and (finding.iteration, finding.cause) == (other.iteration, other.cause)


def _end_of(ended: Ended, last: bool = False) -> str:
    """How a run ended that should not have, in words; with its last line if asked."""
    code = ended.report.code if ended.report is not None else None
    words = ended.why or "the program ended with exit code %s" % code
    return "%s (%s)" % (words, ended.output[-1].strip()) if last and ended.output else words
