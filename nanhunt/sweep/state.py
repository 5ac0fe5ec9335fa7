"""What a sweep keeps on disk: one state file a run, replaced whole, and a lock while it goes on."""

import contextlib
import fcntl
import json
import os
import shutil
from pathlib import Path
from typing import Any, Iterator, Optional

from nanhunt.errors import NanhuntError, UsageError
from nanhunt.replacing import replacing
from nanhunt.sweep.result import HANG, Result

STATE = "run.json"
LOCK = ".sweep.lock"


def kept_result(folder: Path, timeout: float) -> Optional[Result]:
    """The result of a run that is finished; None where it has to run, or run again.

    Args:
        timeout: seconds; a run that hung with less than that is run again.
    """
    try:
        body = json.loads((folder / STATE).read_text(encoding="utf-8"))
        result = Result.from_json(body["result"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not result.done or (result.status == HANG and body.get("timeout", 0) < timeout):
        return None
    return result


def begin(folder: Path) -> None:
    """An empty folder for a run; what a run of the same name left there is removed.

    Raises:
        NanhuntError: there is something else, or it cannot be made.
    """
    try:
        if folder.exists() and any(folder.iterdir()) and not (folder / STATE).is_file():
            raise NanhuntError(f"Expected a run's folder at {folder}, found other files; give another --save-dir.")
        shutil.rmtree(str(folder), ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NanhuntError(f"cannot make the folder {folder}: {error.strerror}; give another --save-dir") from error
    write_json(folder / STATE, {"result": None})


def keep(folder: Path, result: Result, timeout: float) -> None:
    """Write a run's result.

    Raises:
        NanhuntError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / STATE, {"timeout": timeout, "result": result.to_json()})


def write_json(path: Path, body: Any) -> None:
    """JSON into a file, which is replaced whole.

    Raises:
        NanhuntError: it cannot be written.
    """
    try:
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(body, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise NanhuntError(f"cannot write {path}: {error.strerror}; give a file in a folder that can be written") from error


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[int]:
    """The sweep's folder, for this process and the children that get the yielded descriptor.

    Raises:
        UsageError: another sweep, or what it left running, has it, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(str(folder / LOCK), os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise UsageError(f"Expected a folder that can be written for --save-dir, found {folder} ({error.strerror}).") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    except BlockingIOError:
        raise UsageError(
            f"Expected a free --save-dir, found that another sweep runs in {folder}; wait for it or give another."
        ) from None
    finally:
        os.close(descriptor)
