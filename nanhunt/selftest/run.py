"""Plant one fault after the other into a Training, look at a clean run, and measure what watching takes."""

import tempfile
import time
from pathlib import Path
from typing import Callable, List, Sequence

from nanhunt.backends.planting import NotPlantable
from nanhunt.selftest.faults import Fault
from nanhunt.selftest.result import Outcome, Overhead, SelfTest, alarms_of
from nanhunt.train.options import TrainOptions
from nanhunt.train.trial import Change, Trial

ITERATIONS = 4

Say = Callable[[str], None]


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
    return SelfTest(options.network, tuple(outcomes), ITERATIONS, alarms_of(clean.findings), overhead)


def _planted(trial: Trial, fault: Fault, folder: Path) -> Outcome:
    try:
        expected = fault.expected(trial)
    except NotPlantable as why:
        return Outcome(fault.name, fault.does, (), planted=False, why=str(why))
    begin = time.perf_counter()
    try:
        course = trial.run(fault.change(trial), folder)
    except Exception as error:  # the framework's own: the other faults are worth trying all the same
        words = (str(error).strip().splitlines() or [""])[-1]
        return Outcome(fault.name, fault.does, expected.causes, why="not planted (%s: %s)" % (type(error).__name__, words))
    seconds = time.perf_counter() - begin - sum(course.seconds)
    return Outcome.of(fault, fault.does, expected, course.findings[0] if course.findings else None, seconds)


def _overhead(trial: Trial, rounds: int, folder: Path, say: Say) -> Overhead:
    bare: List[float] = []
    watched: List[float] = []
    for number in range(rounds):
        say("watched and bare, %d of %d" % (number + 1, rounds))
        bare += trial.run(Change(), None).seconds[1:]
        watched += trial.run(Change(), folder).seconds[1:]
    return Overhead.of(bare, watched)


def _clear(folder: Path) -> None:
    for path in folder.glob("*.h5"):
        path.unlink()
