"""How a sweep goes, while it does: a bar a run on a terminal, a line a run elsewhere."""

from contextlib import contextmanager
from typing import IO, Dict, Iterator, Optional

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from nanhunt.report.plain import visible
from nanhunt.report.sweep import outcome_line
from nanhunt.report.terminal import console
from nanhunt.sweep.engine import Audience
from nanhunt.sweep.plan import Run
from nanhunt.sweep.result import Result
from nanhunt.train.log import Logged


class Lines(Audience):
    """A line when a run begins, and when it ends."""

    def __init__(self, out: Console, runs: int) -> None:
        self._out = out
        self._runs = runs
        self._ended = 0

    def started(self, run: Run) -> None:
        self._out.print(visible(f"started: {run.label or 'run'}, seed {run.seed}"), markup=False, soft_wrap=True)

    def ended(self, run: Run, result: Result, kept: bool) -> None:
        self._ended += 1
        says = f"[{self._ended}/{self._runs}] {outcome_line(run, result)}{' (already there)' if kept else ''}"
        self._out.print(says, markup=False, soft_wrap=True)


class Bars(Lines):
    """The same above, with a bar for all runs and one for each that goes on."""

    def __init__(self, progress: Progress, runs: int, iterations: Optional[int]) -> None:
        super().__init__(progress.console, runs)
        self._progress = progress
        self._iterations = iterations
        self._all = progress.add_task("runs", total=runs, loss="")
        self._tasks: Dict[str, TaskID] = {}

    def started(self, run: Run) -> None:
        name = visible(f"{run.label or 'run'}, seed {run.seed}")
        self._tasks[run.key] = self._progress.add_task(name[:40].replace("[", r"\["), total=self._iterations, loss="")

    def reached(self, run: Run, logged: Logged) -> None:
        if run.key in self._tasks:
            self._progress.update(self._tasks[run.key], completed=logged.step + 1, loss=f"loss {logged.loss:.3f}")

    def ended(self, run: Run, result: Result, kept: bool) -> None:
        if run.key in self._tasks:
            self._progress.remove_task(self._tasks.pop(run.key))
        self._progress.advance(self._all)
        super().ended(run, result, kept)


@contextmanager
def display(runs: int, iterations: Optional[int], stream: Optional[IO[str]] = None) -> Iterator[Audience]:
    """What shows a sweep of so many runs, on stderr if no stream is given."""
    out = console(stream) if stream is not None else Console(stderr=True, highlight=False)
    if not out.is_terminal:
        yield Lines(out, runs)
        return
    columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TextColumn("{task.fields[loss]}"))
    with Progress(*columns, TimeElapsedColumn(), console=out, transient=True) as progress:
        yield Bars(progress, runs, iterations)
