"""The last lines of the terminal while a run goes on: how far it is, and how it is doing."""

import math
import sys
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Callable, Deque, Iterator, Optional, Tuple

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

_EVERY = 0.5
"""Seconds from one picture to the next, each of which takes the main thread 2 ms."""

_WINDOW = 32
"""Iterations that speed is told of."""


@dataclass(frozen=True)
class Status:
    """One iteration that has just ended.

    Attributes:
        epoch, epochs: the epoch, from 0, and how many there will be.
        iteration, iterations: of the epoch; from 0.
        left: iterations of the run that are still to come.
        images: in this iteration.
        lr: learning rate.
        loss, gradient_norm: None where they were not read.
        watching: share of an iteration's time that watching takes, where it was measured.
    """

    epoch: int
    epochs: int
    iteration: int
    iterations: int
    left: int
    images: int
    lr: float
    loss: Optional[float] = None
    gradient_norm: Optional[float] = None
    watching: Optional[float] = None


class LiveStatus:
    """Two lines that stay at the bottom, below all that is said meanwhile. Close it: it gives the terminal back.

    The cursor is left visible, so that a process that is killed leaves a terminal in order.

    Args:
        stream: a terminal; see `possible_on`.
        clock: seconds.
    """

    def __init__(self, stream: IO[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._console = _console(stream)
        self._clock = clock
        self._live: Optional[Live] = None
        self._shown = -math.inf
        self._ended: Deque[Tuple[float, int]] = deque(maxlen=_WINDOW + 1)
        self._last: Optional[Status] = None
        self._stuck = ""
        self._lock = threading.RLock()

    @staticmethod
    def possible_on(stream: IO[str]) -> bool:
        """Whether the stream is a terminal that can move its cursor."""
        console = _console(stream)
        return console.is_terminal and not console.is_dumb_terminal

    def show(self, status: Status) -> None:
        """An iteration has ended; drawn if the last picture is old enough."""
        now = self._clock()
        self._ended.append((now, status.images))
        self._last = status
        if now - self._shown >= _EVERY or status.left == 0:
            self._shown = now
            self._draw(self._picture(status))

    def note(self, text: str) -> None:
        """Something else goes on that takes its time."""
        self._ended.clear()  # its time is none of the iterations'
        line = Text(text, style="dim")
        self._draw(Group(self._bar(self._last), line) if self._last is not None else line)

    def stick(self, text: str) -> None:
        """Something that is to be seen from now on; may be called from any thread."""
        self._stuck = text
        with self._lock:
            if self._live is not None and self._last is not None:
                self._draw(self._picture(self._last))
            else:
                self.say(text)

    def say(self, text: str) -> None:
        """One line above."""
        with self._lock:
            self._console.print(Text(text), soft_wrap=True)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While somebody else writes to the terminal."""
        self.close()
        yield

    def close(self) -> None:
        """Take the lines away. The next picture brings them back."""
        with self._lock:
            live, self._live, self._shown = self._live, None, -math.inf
            if live is not None:
                live.stop()

    def _draw(self, picture: object) -> None:
        with self._lock:
            self._redraw(picture)

    def _redraw(self, picture: object) -> None:
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True, redirect_stderr=sys.stderr.isatty())
            self._live.start()
            self._console.show_cursor(True)
        self._live.update(picture, refresh=True)  # type: ignore[arg-type]

    def _picture(self, status: Status) -> Group:
        per_image, per_iteration = self._speed()
        parts = [
            ("loss", _number(status.loss)),
            ("gradient", _number(status.gradient_norm)),
            ("lr", "%.3g" % status.lr),
            ("", "%s img/s" % _number(per_image)),
            ("watching", "not measured" if status.watching is None else _share(status.watching)),
        ]
        text = Text("  ").join(
            Text.assemble((name + " " if name else "", "dim"), (value, "bold red" if value in ("nan", "inf", "-inf") else ""))
            for name, value in parts
        )
        text.truncate(self._console.width, overflow="ellipsis")
        lines = [text, Text(self._stuck, style="yellow")] if self._stuck else [text]
        return Group(self._bar(status, per_iteration), *lines)

    def _bar(self, status: Status, per_iteration: Optional[float] = None) -> Table:
        done, whole = status.iteration + 1, max(status.iterations, 1)
        table = Table.grid(padding=(0, 1), expand=True)
        for ratio in (None, 1, None):
            table.add_column(ratio=ratio, no_wrap=True, overflow="ellipsis")
        place = "epoch %d/%d, iteration %d/%d" % (status.epoch + 1, status.epochs, done, status.iterations)
        left = "" if per_iteration is None else "ETA %s" % _duration(per_iteration * status.left)
        table.add_row(place, ProgressBar(total=whole, completed=done), left)
        return table

    def _speed(self) -> Tuple[Optional[float], Optional[float]]:
        """(images a second, seconds an iteration)."""
        count, seconds = len(self._ended) - 1, self._ended[-1][0] - self._ended[0][0]
        if count < 1 or seconds <= 0:
            return None, None
        images = sum(each for _, each in list(self._ended)[1:])
        return images / seconds, seconds / count


def _console(stream: IO[str]) -> Console:
    return Console(file=stream, highlight=False)


def _number(value: Optional[float]) -> str:
    return "\u2013" if value is None else "%.4g" % value


def _share(share: float) -> str:
    return "%.1f %%" % (100 * share) if share >= 0.001 else "< 0.1 %"


def _duration(seconds: float) -> str:
    whole = int(seconds)
    days, rest = divmod(whole, 86400)
    return "%s%d:%02d:%02d" % ("%dd " % days if days else "", rest // 3600, rest // 60 % 60, rest % 60)
