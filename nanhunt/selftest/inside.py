"""`python -m nanhunt.selftest.inside FOLDER`: the process that runs the user's program, and ends it after some iterations.

The program is ended at once, without its `finally` clauses and exit handlers: they might save what a fault has made of it.
"""

import contextlib
import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Optional, Type, cast

from nanhunt.backends.planting import Follower
from nanhunt.errors import EXIT_OK, NanhuntError, UsageError
from nanhunt.selftest.task import DUMPS, Report, Task
from nanhunt.watching.program import program_of

if TYPE_CHECKING:
    from nanhunt.diagnose.finding import Finding
    from nanhunt.watching.hunt import Hunt


class _Unwatched:
    """Stands in for a Hunt where nothing is watched."""

    findings = ()

    def __enter__(self) -> "_Unwatched":
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        pass


class Run(Follower):
    """One run of the program.

    Args:
        folder: has the Task, and gets the Report.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()  # the program may change its own
        self._task = Task.read(folder)
        self._report = Report()
        self._process = os.getpid()
        self._hunt: Optional[Hunt] = None
        self._began = self._last = 0.0

    def run(self) -> int:
        """Run it; returns only where the program ends by itself."""
        try:
            outcome = program_of(self._task.words, "nanhunt selftest run --help").run(self._watch)
            code = outcome.code
        except UsageError as error:
            self._report.refused, code = str(error), error.exit_code
        except NanhuntError as error:
            print(error, file=sys.stderr)
            code = error.exit_code
        if os.getpid() == self._process:
            self._report.code = code
            self._report.write(self._folder)
        return code

    def _watch(self) -> "Hunt":
        """The framework is imported: put the hooks in, those that watch first."""
        from nanhunt.backends.base import load
        from nanhunt.selftest.faults import chosen
        from nanhunt.watching.start import watch

        self._report.imported = True
        if self._task.watched:
            self._hunt = watch(
                dump_dir=self._folder / DUMPS,
                keep_dumps=1,
                on_finding=self._found,
                on_notice=lambda text: None,
                hang_timeout=0,  # whoever started the process waits only for so long
            )
        plant = chosen([self._task.fault])[0].plant() if self._task.fault else None
        self._report.planted = load().follow(self, plant, lambda: self._hunt is not None and self._hunt.at_work)
        return self._hunt if self._hunt is not None else cast("Hunt", _Unwatched())

    # What the hooks tell.

    def begins(self, iteration: int) -> None:
        self._report.begun = iteration + 1
        self._began = time.perf_counter()
        self._last = self._last or self._began

    def ended(self, iteration: int) -> None:
        now = time.perf_counter()
        self._report.seconds.append(now - self._last)
        self._last = now
        if iteration + 1 >= self._task.iterations:
            if self._hunt is not None:
                with contextlib.suppress(FloatingPointError):  # it is told of before it is raised
                    self._hunt.close()
            self._end()

    def cannot(self, why: str) -> None:
        self._report.cannot = why
        self._end()

    def _found(self, finding: "Finding", dump: Optional[Path]) -> None:
        self._report.finding = finding
        self._report.finding_seconds = time.perf_counter() - self._began
        self._end()

    def _end(self) -> NoReturn:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # the program may have closed or replaced it
                stream.flush()
        if os.getpid() == self._process:
            self._report.write(self._folder)
        os._exit(EXIT_OK)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise UsageError("Expected the folder of a task.")
    sys.exit(Run(Path(sys.argv[1])).run())
