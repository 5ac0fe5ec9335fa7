"""Where a thread stands: in the framework, in a loader, in a debugger, waiting or at work."""

import os
import sys
import threading
import time
from dataclasses import dataclass
from types import FrameType
from typing import Any, Dict, List, Optional, Tuple

from nanhunt.backends.base import Backend
from nanhunt.backends.stalling import Wait
from nanhunt.watching.hang.pace import OWN_WORK, USER

_NANHUNT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_OWN_WORK = tuple(
    os.path.join(_NANHUNT, *each) for each in (("dump", ""), ("watching", "hit.py"), ("replay", ""), ("train", "checkpoint.py"))
)
_PEERS = os.path.join(_NANHUNT, "watching", "peers", "")
_LOADER = os.path.join(_NANHUNT, "data", "loader.py")
_RUNNER = os.path.join(_NANHUNT, "watching", "program.py")
_DEBUGGERS = ("pdb", "bdb", "ipdb", "IPython", "pydevd", "_pydevd_bundle", "debugpy", "pudb", "celery.contrib.rdb")
_AT_WORK = 0.1
"""Share of the time from which a thread is at work, on a machine that others use too; one that sleeps and looks takes less."""

_READ, _WRITE = "0", "1"
"""Numbers of Linux's system calls on x86-64."""


@dataclass(frozen=True)
class Place:
    """Where a thread stands.

    Attributes:
        kind: one of `diagnose.finding.HANGS`, OWN_WORK or USER.
        thread: its name.
        call: the framework's function that it waits in, or the innermost function of all.
        source: `file.py:line` of the program.
        wait: what of the framework it waits in.
    """

    kind: str
    thread: str
    call: str
    source: str
    wait: Optional[Wait] = None


def place_of(backend: Backend, ident: int, busy: float) -> Optional[Place]:
    """Where the thread stands; None where it has ended.

    Args:
        busy: the share of the time for which it had the processor.
    """
    frame = sys._current_frames().get(ident)
    if frame is None:
        return None
    wait = backend.waits(frame)
    kind = wait.kind if wait is not None else "python" if busy > _AT_WORK else "blocked"
    if wait is None or wait.kind != "engine":
        kind = _special(frame, ident) or kind
    elif _in_own_work(frame):
        kind = OWN_WORK if busy > _AT_WORK else kind
    call = wait.call if wait is not None else frame.f_code.co_name
    return Place(kind, _names().get(ident, "thread %d" % ident), call, backend.line_of(frame), wait)


def _special(frame: FrameType, ident: int) -> Optional[str]:
    modules = [str(each.f_globals.get("__name__", "")) for each in _outwards(frame)]
    if any(name == each or name.startswith(each + ".") for name in modules for each in _DEBUGGERS):
        return USER
    if _waits_for_somebody(ident) or any(each.f_code.co_filename.startswith(_PEERS) for each in _outwards(frame)):
        return USER
    return OWN_WORK if _in_own_work(frame) else None


def _in_own_work(frame: FrameType) -> bool:
    return any(each.f_code.co_filename.startswith(_OWN_WORK) for each in _outwards(frame))


def _waits_for_somebody(ident: int) -> bool:
    """Whether the thread reads its standard input or writes to an output that nobody takes anything from (Linux)."""
    native = next((getattr(each, "native_id", None) for each in threading.enumerate() if each.ident == ident), None)
    if native is None:  # before Python 3.8
        native = os.getpid() if ident == threading.main_thread().ident else None
    try:
        with open("/proc/self/task/%s/syscall" % native) as text:
            words = text.read().split()
        return (
            len(words) > 1
            and os.uname().machine == "x86_64"
            and (words[0], int(words[1], 16)) in ((_READ, 0), (_WRITE, 1), (_WRITE, 2))
        )
    except (OSError, ValueError):
        return False


def _outwards(frame: Optional[FrameType]) -> List[FrameType]:
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return frames


def being_read() -> List[str]:
    """Files that threads of `nanhunt train`'s loader are at work on, from its dataset's root."""
    found = []
    for innermost in sys._current_frames().values():
        for frame in _outwards(innermost):
            if frame.f_code.co_filename == _LOADER and frame.f_code.co_name == "_fill":
                loader, slot = frame.f_locals.get("self"), frame.f_locals.get("slot")
                if loader is not None and slot is not None:
                    found.append(str(loader.dataset.relative_path(slot[1])))
    return sorted(found)


def processor_time(ident: int) -> float:
    """Seconds for which the thread had the processor; 0 where it has ended, or the system does not tell."""
    try:
        return time.clock_gettime(time.pthread_getcpuclockid(ident)) if _is_alive(ident) else 0.0
    except (OSError, AttributeError):
        return 0.0


def _is_alive(ident: int) -> bool:
    return ident in sys._current_frames()  # asking for the clock of a thread that is gone may crash


def _names() -> Dict[int, str]:
    return {each.ident: each.name for each in threading.enumerate() if each.ident is not None}


def stacks(first: int) -> Tuple[Dict[str, Any], ...]:
    """Every thread's stack: `thread`, and `frames` as `file:line in function`, the innermost last.

    Args:
        first: the thread to begin with. Those of the watchdog itself are left out.
    """
    names = _names()
    frames = sys._current_frames()
    order = sorted(frames, key=lambda ident: (ident != first, names.get(ident, "")))
    return tuple(
        {"thread": names.get(ident, "thread %d" % ident), "frames": [_line(each) for each in _inwards(frames[ident])]}
        for ident in order
        if not names.get(ident, "").startswith(("nanhunt-watchdog", "nanhunt-asking"))
    )


def _line(frame: FrameType) -> str:
    return "%s:%d in %s" % (_short(frame.f_code.co_filename), frame.f_lineno, frame.f_code.co_name)


def _inwards(frame: FrameType) -> List[FrameType]:
    """From the outermost; of a program under `nanhunt run` without the way to it."""
    frames = _outwards(frame)[::-1]
    ways = [k for k, each in enumerate(frames) if each.f_code.co_filename == _RUNNER]
    return frames[ways[-1] + 1 :] if ways else frames


def _short(path: str) -> str:
    """Without what it has in common with a folder of `sys.path`."""
    for folder in sorted((each for each in sys.path if each), key=len, reverse=True):
        if path.startswith(folder + os.sep):
            return path[len(folder) + 1 :]
    return path
