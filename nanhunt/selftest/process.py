"""Run the user's program once for a self-test, in a process of its own, and read what came of it."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, NoReturn, Optional

from nanhunt.selftest.task import OUTPUT, Report, Task

_LINES = 8
_NANHUNT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_NOT_OF_THE_PROGRAM = (_NANHUNT, "<frozen runpy>", "runpy.py", "Extension modules:")
"""In lines of what faulthandler writes of a run that was ended."""


@dataclass(frozen=True)
class Ended:
    """A run that is over.

    Attributes:
        report: what the process told; None where it came to no end of its own.
        why: then, why not.
        output: the last lines of what the program printed.
    """

    report: Optional[Report]
    why: str
    output: List[str]


def run_once(task: Task, folder: Path, timeout: float) -> Ended:
    """Run it. The folder is made anew, and removed afterwards.

    Args:
        timeout: seconds after which the process is ended.
    """
    folder.mkdir()
    try:
        task.write(folder)
        return _run(folder, timeout)
    finally:
        shutil.rmtree(str(folder), ignore_errors=True)


@contextlib.contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """SIGTERM leaves the block as SystemExit, so that what is started in it is ended and removed; in the main thread only."""

    def leave(number: int, frame: object) -> NoReturn:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(folder: Path, timeout: float) -> Ended:
    # faulthandler writes where a run stood that crashed or hung.
    environment = dict(os.environ, PYTHONUNBUFFERED="1", PYTHONFAULTHANDLER="1")
    with (folder / OUTPUT).open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "nanhunt.selftest.inside", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    why = ""
    try:
        code = process.wait(timeout)
        if code < 0:
            why = "the process was ended by %s" % signal.Signals(-code).name
        elif not Report.read(folder):
            why = "the process ended with exit code %d" % code
    except subprocess.TimeoutExpired:
        why = "the run did not end in %g s" % timeout
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGABRT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # and what it may have left running
        process.wait()
    return Ended(Report.read(folder), why, _last_lines(folder / OUTPUT))


def _last_lines(path: Path) -> List[str]:
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return [each for each in lines if each.strip() and not any(word in each for word in _NOT_OF_THE_PROGRAM)][-_LINES:]
