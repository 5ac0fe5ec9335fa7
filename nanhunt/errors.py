"""Every error that nanhunt raises on purpose, with the exit code that the command line gives it.

    NanhuntError                      1   something nanhunt can name went wrong
    ├── UsageError                    2   an option or its value cannot work; nothing was started
    ├── DataError                     1   the dataset holds something that cannot be trained on
    ├── DumpError                     1   a dump cannot be written or read
    │   ├── NotADumpError             1   the file is something else
    │   ├── DumpDamagedError          1   the file is a dump, but cut short or altered
    │   ├── DumpVersionError          1   the file was written by another version of the format
    │   └── DumpSpaceError            1   the disk has no room for the dump
    ├── PreflightError                1   the run is certain to fail: it was not begun
    ├── PeerError                 1   another worker of a distributed run is gone; 5 where it hung
    ├── ReplayError                   1   the dumped iteration cannot be run here (not: ran and differed, which is exit 4)
    └── NonFiniteError                3   a watched tensor went NaN or Inf; also a FloatingPointError

Messages are one or two lines: what was expected, what was found, what to do next.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from nanhunt.diagnose.finding import Finding

EXIT_OK = 0
EXIT_ERROR = 1
EXIT_USAGE = 2
EXIT_FOUND = 3
EXIT_NOT_REPRODUCED = 4
EXIT_HANG = 5
EXIT_INTERRUPTED = 130


class NanhuntError(Exception):
    """Base of all errors that nanhunt raises on purpose."""

    exit_code = EXIT_ERROR


class UsageError(NanhuntError):
    """An option, or the value given to it, cannot work."""

    exit_code = EXIT_USAGE


class DataError(NanhuntError):
    """The dataset holds something that cannot be trained on."""


class DumpError(NanhuntError):
    """A dump cannot be written or read."""


class NotADumpError(DumpError):
    """The file is not a nanhunt dump."""


class DumpDamagedError(DumpError):
    """The file began as a dump but is cut short, altered, or refers outside itself."""


class DumpVersionError(DumpError):
    """The file was written by a version of the format that this nanhunt does not read."""


class DumpSpaceError(DumpError):
    """The disk has no room for the dump."""


class PreflightError(NanhuntError):
    """What preflight saw makes the run certain to fail."""


class ReplayError(NanhuntError):
    """The dumped iteration cannot be run in this environment."""


class PeerError(NanhuntError):
    """Another worker of a distributed run died, hung or ended, so that this one cannot go on.

    Args:
        code: the exit code: 1, or 5 where the other one hung.
    """

    def __init__(self, message: str, code: int = EXIT_ERROR) -> None:
        super().__init__(message)
        self.exit_code = code


class NonFiniteError(NanhuntError, FloatingPointError):
    """A watched tensor went NaN or Inf.

    Attributes:
        finding: what is known about it.
        dump: path of the file that replays the iteration; None where it could not be written.
    """

    exit_code = EXIT_FOUND

    def __init__(self, message: str, finding: "Finding", dump: Optional[Path] = None) -> None:
        super().__init__(message)
        self.finding = finding
        self.dump = dump
