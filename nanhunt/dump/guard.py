"""Look at a dump in a process of its own first: HDF5 may crash on a damaged file, and that must not take the reader along."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Dict, Type

from nanhunt.dump.survey import shown
from nanhunt.errors import DumpDamagedError, DumpError, DumpVersionError, NotADumpError

SECONDS = 120.0
"""Longest that the look may take, waiting for a slow disk included."""

PROCESSOR_SECONDS = 10
"""Most processor time that it may take. A dump of 5,000 arrays takes about one; HDF5 loops for ever on some damaged files."""

_ERRORS: Dict[str, Type[DumpError]] = {
    each.__name__: each for each in (DumpError, NotADumpError, DumpDamagedError, DumpVersionError)
}
_CHILD = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); import nanhunt.dump.guard as guard; guard.report(sys.argv[1])"
)


def vet(path: Path, seconds: float = SECONDS) -> None:
    """Have another Python open and check the dump.

    Where no other process can be started, nothing is checked here: the caller checks all the same, unguarded.

    Raises:
        NotADumpError, DumpVersionError, DumpDamagedError, DumpError: what DumpReader raised there; DumpDamagedError also if it
            crashed or came to no end in `seconds`.
    """
    paths = json.dumps([os.path.abspath(each) for each in sys.path])
    command = [sys.executable, "-c", _CHILD, os.path.abspath(str(path)), paths]
    try:
        done = subprocess.run(
            command,
            cwd=os.sep,  # `-c` looks for modules in the working folder first: not in one full of somebody's files
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _unreadable(path, f"HDF5 comes to no end in {seconds:.0f} s") from None
    except (OSError, ValueError):
        return
    if done.returncode < 0:
        raise _unreadable(path, f"HDF5 crashes on it or comes to no end (signal {-done.returncode})")
    if done.returncode > 0:
        return  # that Python could not run nanhunt, which says nothing about the file
    verdict = json.loads(done.stdout.decode("ascii") or "null")
    if verdict is not None:
        # the child saw the absolute path; the user typed this one
        text = str(verdict["text"]).replace(shown(os.path.abspath(str(path))), shown(str(path)), 1)
        raise _ERRORS[verdict["error"]](text)


def report(path: str) -> None:
    """In the other process: check the dump and print the error, if any, as JSON."""
    from nanhunt.dump.reader import DumpReader

    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with DumpReader(path, guard=False):
            pass
    except DumpError as error:
        print(json.dumps({"error": type(error).__name__, "text": str(error)}))


def _unreadable(path: Path, what: str) -> DumpDamagedError:
    return DumpDamagedError(
        f"{shown(str(path))} is cut short or altered: {what}; copy it again from where it was made, or use another dump"
    )
