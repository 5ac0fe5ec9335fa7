"""One run in a process of its own: started, looked at from time to time, stopped where it hangs, and its result read."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Sequence, Tuple

from nanhunt.errors import EXIT_FOUND, EXIT_HANG, EXIT_OK
from nanhunt.sweep import reading
from nanhunt.sweep.result import FAILED, FINITE, FOUND, HANG, INTERRUPTED, Result

GRACE = 20.0
"""Seconds that a run has to end after SIGTERM."""


@dataclass(frozen=True)
class Task:
    """What a process needs to know of a run.

    Attributes:
        words: options for `nanhunt train`.
        folder: of the run.
        threads: OMP_NUM_THREADS.
        timeout: seconds without a new line in the log after which it hangs.
        keep_checkpoints: whether to leave them when it has ended.
    """

    words: Tuple[str, ...]
    folder: Path
    threads: int
    timeout: float
    keep_checkpoints: bool = False


class Child:
    """A started run. `poll` it until it gives a Result.

    Args:
        command: in place of `python -m nanhunt train`.
        descriptors: to stay open in the process.

    Attributes:
        moved: whether its log had grown when it was last looked at.
    """

    moved = False

    def __init__(self, task: Task, command: Sequence[str] = (), descriptors: Tuple[int, ...] = ()) -> None:
        self._task = task
        self._started = self._moved = time.monotonic()
        self._size = 0
        self._stopped: Optional[str] = None
        folder = str(task.folder)
        # Dumps in the folder, the finding, and the log, from which all else is read.
        words = [f"--save-dir={folder}", f"--json={task.folder / reading.FINDING}", *task.words]
        # faulthandler writes where a hung run stands, on the signal that ends it.
        environment = dict(
            os.environ, OMP_NUM_THREADS=str(task.threads), PYTHONUNBUFFERED="1", PYTHONFAULTHANDLER="1", NO_COLOR="1"
        )
        with (task.folder / reading.OUTPUT).open("wb") as output:
            self._process = subprocess.Popen(
                [*(command or (sys.executable, "-m", "nanhunt", "train")), *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,  # Ctrl-C is the sweep's; it tells its children
                pass_fds=descriptors,
            )

    def poll(self) -> Optional[Result]:
        """The result if it has ended; stops it where it hangs."""
        code = self._process.poll()
        if code is not None:
            self._signal(signal.SIGKILL)  # what it may have left running
            return self._result(code)
        size = self._log_size()
        self.moved = size != self._size
        if self.moved:
            self._size, self._moved = size, time.monotonic()
        elif time.monotonic() - self._moved > self._task.timeout:
            self._stopped = HANG
            self._signal(signal.SIGABRT)
            self._end(GRACE / 4)
        return None

    def terminate(self) -> None:
        """Ask it to end; `wait` for it then."""
        self._stopped = INTERRUPTED
        self._signal(signal.SIGTERM)

    def wait(self, seconds: float = GRACE) -> Result:
        """Wait that long for it to end, and then end it."""
        self._stopped = self._stopped or INTERRUPTED
        self._end(seconds)
        return self._result(self._process.returncode)

    def kill(self) -> None:
        """End it at once."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _end(self, seconds: float) -> None:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _log_size(self) -> int:
        try:
            return (self._task.folder / reading.LOG).stat().st_size
        except OSError:
            return 0

    def _result(self, code: int) -> Result:
        folder = self._task.folder
        losses = reading.read_losses(folder)
        finding = reading.read_finding(folder)
        status, error = self._status(code, losses, finding is not None)
        dump = reading.first_dump(folder) if status == FOUND else None
        if not self._task.keep_checkpoints:
            reading.remove_checkpoints(folder)
        return Result(
            status,
            round(time.monotonic() - self._started, 1),
            len(losses),
            reading.thinned(losses),
            reading.loss_before(losses, finding.iteration.step if finding is not None else None),
            finding if status == FOUND else None,
            str(dump) if dump is not None else None,
            reading.digest(dump) if dump is not None else None,
            error,
            None if self._stopped else code,
            self._task.threads,
            socket.gethostname(),
            str(folder),
        )

    def _status(self, code: int, losses: reading.Losses, found: bool) -> Tuple[str, Optional[str]]:
        folder = self._task.folder
        if self._stopped == HANG:
            after = f"after step {losses[-1][0]}" if losses else "before the first"
            place = reading.standing_at(folder)
            return HANG, f"no iteration for {self._task.timeout:g} s, {after}{f'; stood at {place}' if place else ''}"
        if code == EXIT_FOUND and found:
            return FOUND, None
        if self._stopped or code in (128 + signal.SIGINT, 128 + signal.SIGTERM):
            return INTERRUPTED, None
        if code == EXIT_OK:
            return FINITE, None
        if code == EXIT_HANG:
            return HANG, reading.last_error(folder)
        if code < 0:
            return FAILED, f"ended by {signal.Signals(-code).name}"
        return FAILED, reading.last_error(folder)
