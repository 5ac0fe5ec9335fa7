"""The thread that notices when a run comes no further, and ends it."""

import contextlib
import multiprocessing
import multiprocessing.pool
import os
import sys
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Callable, Optional, Tuple

from nanhunt.backends.base import Backend, BatchPosition, Instrumentation
from nanhunt.diagnose.finding import Finding
from nanhunt.diagnose.hang import text_of
from nanhunt.dump.retention import DumpFolder
from nanhunt.errors import EXIT_HANG, DumpError
from nanhunt.watching.hang.asking import within
from nanhunt.watching.hang.last_resort import LastResort
from nanhunt.watching.hang.pace import HangTimeout, Pace
from nanhunt.watching.hang.place import Place, place_of, processor_time
from nanhunt.watching.hang.record import InFlight, know_environment, salvage
from nanhunt.watching.hang.verdict import verdict_of, why

OnHang = Callable[[Finding, Optional[Path]], None]
"""Told of the hang from a thread of the watchdog's: whatever it waits for is waited for in vain after ten seconds."""

TICK = 0.5
_DUMPING = 30.0
_TELLING = 10.0
_LEAVING = 2.0
_KEEPS_GIL = 300.0
"""Seconds of processor time in which no other thread may run, where the limit is found by itself."""


class Watchdog:
    """Follows a run's signs of life from a thread of its own, from `start` to `stop`.

    It counts its own ticks, each for no more than two: time in which the process was stopped, or the machine asleep, is none.

    Args:
        limit: see Pace.
        flight: what is under way; called in a thread of the watchdog's.
        loaded: the last batch that a loader gave.
        on_hang: told what was found and where the dump is; then the process ends, unless it is an interactive one.
        on_notice: told where the run stands instead, where it may stand on purpose (see `Pace.ends`).
    """

    def __init__(
        self,
        backend: Backend,
        instrumentation: Instrumentation,
        folder: DumpFolder,
        limit: HangTimeout,
        flight: Callable[[], InFlight],
        under_way: Callable[[], Tuple[int, bool]],
        loaded: Callable[[], Optional[BatchPosition]],
        on_hang: OnHang,
        on_notice: Callable[[str], None],
    ) -> None:
        self._backend = backend
        self._instrumentation = instrumentation
        self._folder = folder
        self._pace = Pace(limit)
        self._flight = flight
        self._under_way = under_way
        self._loaded = loaded
        self._on_hang = on_hang
        self._on_notice = on_notice
        self._stop = threading.Event()
        self._last_resort = LastResort()
        self._thread = threading.Thread(target=self._follow, name="nanhunt-watchdog", daemon=True)

    def start(self) -> None:
        """Begin."""
        know_environment(self._backend)
        self._last_resort.start(threading.get_ident())
        self._put_off()
        self._thread.start()

    def stop(self) -> None:
        """End."""
        if not self._stop.is_set():
            self._stop.set()
            self._last_resort.stop()
            if threading.current_thread() is not self._thread:
                self._thread.join(_LEAVING)  # else the interpreter may end around it, and everything its frames hold is late

    def _put_off(self) -> None:
        self._last_resort.put_off((self._pace.seconds or _KEEPS_GIL) + 2 * TICK)

    def _follow(self) -> None:
        seen: Tuple[Any, ...] = ()
        last = time.monotonic()
        stood = worked = busy_before = 0.0
        told = False
        while not self._stop.wait(TICK):
            now = time.monotonic()
            passed, last = min(now - last, 2 * TICK), now
            self._put_off()
            step, under_way = self._under_way()
            thread = self._instrumentation.thread
            signs = (self._instrumentation.moves, step, under_way, thread)
            worked += passed if under_way else 0.0
            if signs != seen:
                if seen and step != seen[1]:
                    self._pace.iteration(worked)
                    worked = 0.0
                seen, stood, busy_before = signs, 0.0, processor_time(thread)
                continue
            stood += passed
            if stood < self._pace.least:
                continue
            place = place_of(self._backend, thread, (processor_time(thread) - busy_before) / stood)
            if place is None:  # the thread has ended, and the program may do something else now
                continue
            limit = self._pace.limit(place.kind, under_way)
            if stood < limit or self._stop.is_set():
                continue
            if self._pace.ends(place.kind):
                self._act(place, stood, limit)
                return
            if not told:
                told = True
                within(_TELLING, partial(self._on_notice, _left_alone(place, stood)))

    def _act(self, place: Place, seconds: float, limit: float) -> None:
        answered, found = within(_DUMPING, lambda: self._found(place, seconds, limit))
        if not answered or isinstance(found, BaseException):
            why = "%s: %s" % (type(found).__name__, found) if answered else "that took too long"
            os.write(2, b"nanhunt: the run hangs in %s; it could not be dumped (%s)\n" % (place.call.encode(), why.encode()))
        else:
            within(_TELLING, lambda: self._on_hang(*found))
        if is_interactive():
            return
        within(1.0, _flush)
        _leave()

    def _found(self, place: Place, seconds: float, limit: float) -> Tuple[Finding, Optional[Path]]:
        with self._instrumentation.asleep():
            flight = self._flight()
            finding = verdict_of(self._backend, self._instrumentation, flight, place, seconds, limit, self._loaded())
            record, missing = salvage(self._backend, self._instrumentation, flight)
        hang = finding.hang
        assert hang is not None
        try:
            finding = replace(finding, why=why(hang), hang=replace(hang, missing=missing))
            return finding, self._folder.write(replace(record, finding=finding.to_json()))
        except DumpError as error:
            return replace(finding, hang=replace(hang, missing=(str(error),))), None


def _left_alone(place: Place, seconds: float) -> str:
    does = "is at work in" if place.kind == "python" else "waits in"
    return (
        "no progress for %.0f s in the middle of an iteration: the program %s %s (%s), outside of the framework. It is left "
        "alone, as it may do so on purpose; --hang-timeout SECONDS ends such a run with a dump, and kill -TRAP %d this one "
        "with every thread's stack" % (seconds, does, place.call, place.source or place.thread, os.getpid())
    )


def to_stderr(finding: Finding, dump: Optional[Path]) -> None:
    """The `on_hang` of those who give none."""
    print("nanhunt: the run hangs\n" + text_of(finding, dump), file=sys.stderr, flush=True)


def is_interactive() -> bool:
    """Whether somebody sits at the interpreter, whose session is not ours to end."""
    return hasattr(sys, "ps1") or "ipykernel" in sys.modules


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()


def _leave() -> None:
    """End the process and those that it started, without waiting for anything: exit handlers would wait for the engine."""
    # A pool replaces workers that have ended.
    multiprocessing.pool.Pool._maintain_pool = lambda *_, **__: None  # type: ignore[attr-defined]
    for each in multiprocessing.active_children():
        with contextlib.suppress(OSError, ValueError, AttributeError):
            each.kill()
    with contextlib.suppress(OSError):
        if os.isatty(2):
            os.write(2, b"\x1b[?25h")  # a progress bar may have hidden the cursor
    os._exit(EXIT_HANG)
