"""Run a sweep on this machine: as many processes at a time as it carries, results kept as they come."""

import signal
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Deque, Dict, Iterator, List, Optional, Sequence, Tuple

from nanhunt.sweep import reading, state
from nanhunt.sweep.child import GRACE, Child, Task
from nanhunt.sweep.plan import Run
from nanhunt.sweep.result import Result
from nanhunt.train.log import Logged

LOOK_EVERY = 0.1
"""Seconds."""


class Audience:
    """Is told how a sweep goes; this one does nothing."""

    def started(self, run: Run) -> None:
        """A run has begun."""

    def reached(self, run: Run, logged: Logged) -> None:
        """It has logged this iteration; not told of every one."""

    def ended(self, run: Run, result: Result, kept: bool) -> None:
        """It has ended; `kept`: it had before this sweep began."""


@dataclass(frozen=True)
class Setup:
    """How to run.

    Attributes:
        folder: of the sweep; each run has one in it.
        jobs: runs at a time.
        threads: OMP_NUM_THREADS of each.
        timeout: seconds without an iteration after which a run hangs.
        keep_checkpoints: whether to leave the runs' checkpoints.
        command: in place of `python -m nanhunt train`.
    """

    folder: Path
    jobs: int
    threads: int
    timeout: float
    keep_checkpoints: bool = False
    command: Tuple[str, ...] = ()

    def task(self, run: Run) -> Task:
        """What the run's process needs to know."""
        return Task(run.words, self.folder / run.key, self.threads, self.timeout, self.keep_checkpoints)


class Stopped(KeyboardInterrupt):
    """SIGINT or SIGTERM.

    Attributes:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@dataclass(frozen=True)
class Outcome:
    """Results by a run's key; the signal that stopped the sweep, or None."""

    results: Dict[str, Result]
    signal: Optional[int] = None


def kept(runs: Sequence[Run], setup: Setup, audience: Audience) -> Tuple[Dict[str, Result], List[Run]]:
    """The results that are there already, and the runs that are not."""
    results: Dict[str, Result] = {}
    left = []
    for run in runs:
        result = state.kept_result(setup.folder / run.key, setup.timeout)
        if result is None:
            left.append(run)
        else:
            results[run.key] = result
            audience.ended(run, result, True)
    return results, left


def run_here(runs: Sequence[Run], setup: Setup, audience: Audience) -> Outcome:
    """Run what is not finished yet. A run that fails does not end the sweep; a signal ends all runs and keeps what is done.

    Raises:
        UsageError: another sweep has the folder.
        NanhuntError: it cannot be written.
    """
    with state.locked(setup.folder) as lock:
        results, left = kept(runs, setup, audience)
        engine = _Engine(setup, audience, lock, results, deque(left))
        try:
            with signals_raise():
                engine.run()
        except Stopped as stopped:
            engine.stop()
            return Outcome(results, stopped.number)
        except BaseException:
            engine.stop()
            raise
    return Outcome(results)


class _Engine:
    def __init__(self, setup: Setup, audience: Audience, lock: int, results: Dict[str, Result], waiting: Deque[Run]) -> None:
        self._setup = setup
        self._audience = audience
        self._lock = lock
        self._results = results
        self._waiting = waiting
        self._running: Dict[str, Tuple[Run, Child]] = {}

    def run(self) -> None:
        while self._waiting or self._running:
            while self._waiting and len(self._running) < self._setup.jobs:
                self._start(self._waiting.popleft())
            time.sleep(LOOK_EVERY)
            for run, child in list(self._running.values()):
                result = child.poll()
                if result is not None:
                    self._end(run, result)
                elif child.moved:
                    logged = reading.last_logged(self._setup.folder / run.key)
                    if logged is not None:
                        self._audience.reached(run, logged)

    def stop(self) -> None:
        """End all runs; a second signal ends them at once."""
        children = [child for _, child in self._running.values()]
        for child in children:
            child.terminate()
        until = time.monotonic() + GRACE
        try:
            with signals_raise():
                for run, child in list(self._running.values()):
                    self._end(run, child.wait(max(0.0, until - time.monotonic())))
        except Stopped:
            for child in children:
                child.kill()

    def _start(self, run: Run) -> None:
        task = self._setup.task(run)
        state.begin(task.folder)
        # The children hold the lock too: what a killed sweep leaves running keeps another out of its folders.
        self._running[run.key] = (run, Child(task, self._setup.command, (self._lock,)))
        self._audience.started(run)

    def _end(self, run: Run, result: Result) -> None:
        del self._running[run.key]
        state.keep(self._setup.folder / run.key, result, self._setup.timeout)
        self._results[run.key] = result
        self._audience.ended(run, result, False)


@contextmanager
def signals_raise() -> Iterator[None]:
    """SIGINT and SIGTERM raise Stopped, in the main thread."""

    def handle(number: int, frame: Optional[FrameType]) -> None:
        raise Stopped(number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, handle) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
