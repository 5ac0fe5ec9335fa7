"""The training log: the seed's lines, on a stream and in a file."""

import contextlib
import re
import sys
from pathlib import Path
from typing import IO, ContextManager, Iterator, List, NamedTuple, Optional

from nanhunt.errors import UsageError
from nanhunt.train.live import LiveStatus, Status


def iteration_line(epoch: int, iteration: int, iterations: int, loss: float, lr: float) -> str:
    """`Epoch 12 iteration 0035/0187: training loss 0.312; learning rate 0.000624`.

    Args:
        iteration: of the epoch, from 0.
        iterations: of the epoch.
        loss: of this iteration, no running mean; may be nan or inf.
        lr: learning rate of this iteration.
    """
    return f"Epoch {epoch} iteration {iteration:04d}/{iterations:04d}: training loss {loss:.3f}; learning rate {lr:.6f}"


class Logged(NamedTuple):
    """What `iteration_line` says."""

    epoch: int
    iteration: int
    iterations: int
    loss: float
    lr: float

    @property
    def step(self) -> int:
        """Iterations since the run began."""
        return self.epoch * self.iterations + self.iteration


_ITERATION = re.compile(r"Epoch (\d+) iteration (\d+)/(\d+): training loss (\S+); learning rate ([^\s;]+)")


def read_iteration(line: str) -> Optional[Logged]:
    """The reverse of `iteration_line`; None for any other line."""
    match = _ITERATION.match(line)
    if match is None:
        return None
    try:
        return Logged(int(match[1]), int(match[2]), int(match[3]), float(match[4]), float(match[5]))
    except ValueError:
        return None


def validation_line(epoch: int, pixel_accuracy: float, mean_iou: float) -> str:
    """`Epoch 12 validation pixAcc: 0.812, mIoU: 0.451`."""
    return f"Epoch {epoch} validation pixAcc: {pixel_accuracy:.3f}, mIoU: {mean_iou:.3f}"


@contextlib.contextmanager
def _as_it_is() -> Iterator[None]:
    yield


class RunLog:
    """Lines for the user, written at once to a stream and appended to a file. Close it, or use it as a context manager.

    Attributes:
        file: the open log file.
        live: the lines that stay at the bottom of the stream, where that is a terminal.

    Args:
        path: the log file; its folder is made where it is missing.
        stream: standard output if None.

    Raises:
        UsageError: the file cannot be written.
    """

    def __init__(self, path: Path, stream: Optional[IO[str]] = None) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"Expected to write the log {path}, found that it cannot be ({error.strerror}); give another --save-dir."
            ) from error
        self._stream = stream
        self._told = False
        shown = stream if stream is not None else sys.stdout
        self.live = LiveStatus(shown) if LiveStatus.possible_on(shown) else None

    def line(self, text: str) -> None:
        """Write one line to both. A terminal that is gone, or a full disk, ends no run."""
        if self.live is not None:
            self.live.say(text)
        for each in self._outputs():
            try:
                each.write(text + "\n")
                each.flush()
            except (OSError, ValueError) as error:
                self._lost(each, error)

    def _lost(self, stream: IO[str], error: Exception) -> None:
        if stream is self.file and not self._told:
            self._told = True
            with contextlib.suppress(OSError, ValueError):
                print(f"nanhunt: the log cannot be written ({error}); the run goes on", file=sys.stderr, flush=True)

    def show(self, status: Status) -> None:
        """An iteration has ended: for those who watch the terminal."""
        if self.live is not None:
            self.live.show(status)

    def note(self, text: str) -> None:
        """Something else goes on that takes its time: as `show`."""
        if self.live is not None:
            self.live.note(text)

    def paused(self) -> ContextManager[None]:
        """While somebody else writes to the stream."""
        return self.live.paused() if self.live is not None else _as_it_is()

    def close(self) -> None:
        """Close the file, and give the terminal back."""
        if self.live is not None:
            self.live.close()
        with contextlib.suppress(OSError):  # what could not be written is in its buffer still
            self.file.close()

    def __enter__(self) -> "RunLog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _outputs(self) -> List[IO[str]]:
        if self.live is not None:
            return [self.file]
        return [self._stream if self._stream is not None else sys.stdout, self.file]
