"""Where dumps go: their names, how many a run writes, and whether there is room."""

import contextlib
import itertools
import os
import re
import shutil
from pathlib import Path
from typing import Callable, Iterator, Optional, Union

from nanhunt.dump.format import HANG
from nanhunt.dump.record import Record
from nanhunt.dump.writer import temporary_name, this_system, write_first_free
from nanhunt.errors import DumpError, DumpSpaceError, UsageError

RESERVE = 256 * 1024 * 1024
_MB = 1024 * 1024
_TEMPORARY = re.compile(r"\.nanhunt-([0-9a-f]{8})-([0-9]+)-[0-9a-f]{8}\.tmp")


class DumpFolder:
    """The folder that one run writes its dumps to.

    Nothing is ever deleted to make room: the first dumps of a run are nearest to the cause.

    Args:
        folder: made by `check` where it is missing.
        keep: most dumps to write in this run.
        reserve: bytes of the disk that a dump leaves free, for the run's own checkpoints.
        suffix: gives what names have at their end, before `.h5`.
    """

    def __init__(self, folder: Union[str, Path], keep: int, reserve: int = RESERVE, suffix: Callable[[], str] = str) -> None:
        self.folder = Path(folder)
        self.keep = keep
        self.reserve = reserve
        self.written = 0
        self._suffix = suffix

    def check(self) -> None:
        """Before the run: make the folder, try it, and clear what runs killed in mid-write left there.

        Raises:
            UsageError: no file can be written there, or `keep` is negative.
        """
        if self.keep < 0:
            raise UsageError(f"the number of dumps to keep must be 0 or more, not {self.keep}")
        trial = self.folder / temporary_name(os.getpid())
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with open(str(trial), "xb") as file:
                file.write(b"nanhunt")
            trial.unlink()
        except (OSError, ValueError) as error:
            reason = str(getattr(error, "strerror", None) or error).lower()
            raise UsageError(f"dumps cannot be written to {self.folder}: {reason}; choose another folder") from error
        self._clear_leftovers()

    def room_for(self, nbytes: int) -> None:
        """Look whether a dump of `nbytes` bytes of arrays fits and leaves the reserve free.

        Raises:
            DumpSpaceError: it does not.
            DumpError: the folder is gone.
        """
        try:
            free = shutil.disk_usage(str(self.folder)).free
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise DumpError(f"the dump folder {self.folder} is gone ({reason}); make it again") from error
        needed = int(nbytes * 1.05) + self.reserve
        if free < needed:
            raise DumpSpaceError(
                f"no room for a dump in {self.folder}: it takes {nbytes * 1.05 / _MB:,.0f} MB and is to leave "
                f"{self.reserve / _MB:,.0f} MB free, found {free / _MB:,.0f} MB; "
                f"free {(needed - free) / _MB:,.0f} MB or choose another folder"
            )

    def next_path(self, epoch: int, iteration: int, step: int, reason: str = "") -> Optional[Path]:
        """A name that no file has, such as `nan-e0012-i0036-s002280.h5`; None once this run has written `keep` dumps.

        That of a hang, which ends the run, is written all the same, unless none is wanted: `hang-e0012-i0036-s002280.h5`.
        """
        if self.written >= self.keep and (reason != HANG or not self.keep):
            return None
        return next(path for path in self._names(epoch, iteration, step, reason) if not os.path.lexists(str(path)))

    def write(self, record: Record, nbytes_hint: int = 0) -> Optional[Path]:
        """Write a dump if there is room for `nbytes_hint` bytes of arrays; its path, or None once this run wrote `keep`.

        Raises:
            DumpSpaceError, DumpError: as `room_for` and `writer.write`.
        """
        place = record.iteration
        epoch, iteration, step = (int(place.get(key) or 0) for key in ("epoch", "iteration", "step"))
        first = self.next_path(epoch, iteration, step, record.reason)
        if first is None:
            return None
        self.room_for(nbytes_hint)
        # another worker of the same run may take the name meanwhile: go on to the next
        later = itertools.dropwhile(lambda path: path != first, self._names(epoch, iteration, step, record.reason))
        path = write_first_free(record, later)
        self.written += 1
        return path

    def _names(self, epoch: int, iteration: int, step: int, reason: str) -> Iterator[Path]:
        stem = f"{'hang' if reason == 'hang' else 'nan'}-e{epoch:04d}-i{iteration:04d}-s{step:06d}{self._suffix()}"
        yield self.folder / f"{stem}.h5"
        for number in itertools.count(2):
            yield self.folder / f"{stem}-{number}.h5"

    def _clear_leftovers(self) -> None:
        for path in self.folder.iterdir():
            match = _TEMPORARY.fullmatch(path.name)
            if match and match.group(1) == this_system() and not _alive(int(match.group(2))):
                with contextlib.suppress(OSError):  # another run clears at the same time, or it is not ours
                    path.unlink()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
