"""Plant one fault after the other, look at a clean run, and measure what watching takes."""

import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np

from nanhunt.diagnose.finding import Finding
from nanhunt.selftest.faults import FAULTS, Fault
from nanhunt.train.options import TrainOptions
from nanhunt.train.trial import Change, Trial

SCHEMA = 1
ITERATIONS = 4

Say = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What became of one fault.

    Attributes:
        fault, does: its name and what was done.
        expected: causes, any of which is right.
        detected: whether there was a finding.
        cause, proof: as found.
        right_cause: whether it is one of those expected.
        place: where it was found, in words.
        wrong_place: what of the place is wrong; empty where nothing is.
        why: what was said.
        seconds: from the planted iteration's beginning to the explained finding.
    """

    fault: str
    does: str
    expected: Tuple[str, ...]
    detected: bool = False
    cause: str = ""
    proof: str = ""
    right_cause: bool = False
    place: str = ""
    wrong_place: str = ""
    why: str = ""
    seconds: float = 0.0

    @property
    def words(self) -> str:
        """The same in a line."""
        if not self.detected:
            return "nothing found" + (": %s" % self.why if self.why else "")
        return "%s (%s) at %s%s" % (
            self.cause,
            self.proof,
            self.place,
            "; WRONG: %s" % self.wrong_place if self.wrong_place else "",
        )

    @property
    def good(self) -> bool:
        """Found, and named rightly."""
        return self.detected and self.right_cause and not self.wrong_place


@dataclass(frozen=True)
class Overhead:
    """Watched against bare iterations, in turns.

    Attributes:
        pairs: of iterations.
        lower, median, upper: quartiles of watched / bare.
        bare: median seconds of a bare iteration.
    """

    pairs: int
    lower: float
    median: float
    upper: float
    bare: float


@dataclass(frozen=True)
class SelfTest:
    """All of it.

    Attributes:
        network: what was trained.
        outcomes: one a fault.
        clean_iterations: iterations without any fault.
        false_alarms: findings in them, in words.
        overhead: None where it was not measured.
    """

    network: str
    outcomes: Tuple[Outcome, ...]
    clean_iterations: int
    false_alarms: Tuple[str, ...]
    overhead: Optional[Overhead]

    @property
    def good(self) -> bool:
        """All found and named rightly, and nothing else."""
        return all(each.good for each in self.outcomes) and not self.false_alarms

    def to_json(self) -> Dict[str, Any]:
        """Plain JSON values."""
        body = asdict(self)
        for each, outcome in zip(body["outcomes"], self.outcomes):
            each["good"] = outcome.good
        return {"schema": SCHEMA, "kind": "selftest", "good": self.good, **body}


def selftest(options: TrainOptions, faults: Sequence[Fault], rounds: int, say: Say) -> SelfTest:
    """Run everything.

    Args:
        rounds: of bare and watched runs in turn, whose iterations are compared; 0 for none.
        say: told what is going on.

    Raises:
        UsageError, DataError, NanhuntError: as `train`.
    """
    trial = Trial(options, ITERATIONS, say)
    with tempfile.TemporaryDirectory(prefix="nanhunt-selftest-") as name:
        folder = Path(name)
        say("a clean run")
        clean = trial.run(Change(), folder)
        _clear(folder)
        outcomes = []
        for number, fault in enumerate(faults, 1):
            say("%d of %d: %s: %s" % (number, len(faults), fault.name, fault.does))
            outcomes.append(_planted(trial, fault, folder))
            say("  " + outcomes[-1].words)
            _clear(folder)
        overhead = _overhead(trial, rounds, folder, say) if rounds else None
    alarms = tuple("%s in %s" % (each.cause, _place(each) or "?") for each in clean.findings)
    return SelfTest(options.network, tuple(outcomes), ITERATIONS, alarms, overhead)


def chosen(names: Sequence[str]) -> List[Fault]:
    """The faults of those names; all where there are none."""
    return [each for each in FAULTS if not names or each.name in names]


def _planted(trial: Trial, fault: Fault, folder: Path) -> Outcome:
    expected = fault.expected(trial)
    begin = time.perf_counter()
    try:
        course = trial.run(fault.change(trial), folder)
    except Exception as error:  # the framework's own: the other faults are worth trying all the same
        words = (str(error).strip().splitlines() or [""])[-1]
        return Outcome(fault.name, fault.does, expected.causes, why="not planted (%s: %s)" % (type(error).__name__, words))
    seconds = time.perf_counter() - begin - sum(course.seconds)
    if not course.findings:
        return Outcome(fault.name, fault.does, expected.causes, seconds=round(seconds, 2))
    finding = course.findings[0]
    return Outcome(
        fault.name,
        fault.does,
        expected.causes,
        True,
        finding.cause,
        finding.proof,
        finding.cause in expected.causes,
        _place(finding),
        expected.wrong_place(finding),
        finding.why,
        round(seconds, 2),
    )


def _place(finding: Finding) -> str:
    producer = finding.producer
    if producer is None:
        return ""
    words = [producer.op or producer.phase, producer.block, producer.file or ""]
    return ", ".join(each for each in words if each)


def _overhead(trial: Trial, rounds: int, folder: Path, say: Say) -> Overhead:
    bare: List[float] = []
    watched: List[float] = []
    for number in range(rounds):
        say("watched and bare, %d of %d" % (number + 1, rounds))
        bare += trial.run(Change(), None).seconds[1:]
        watched += trial.run(Change(), folder).seconds[1:]
    ratios = np.array(watched[: len(bare)]) / np.array(bare[: len(watched)])
    lower, median, upper = (round(float(each), 4) for each in np.percentile(ratios, (25, 50, 75)))
    return Overhead(len(ratios), lower, median, upper, round(float(np.median(bare)), 4))


def _clear(folder: Path) -> None:
    for path in folder.glob("*.h5"):
        path.unlink()
