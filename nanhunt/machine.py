"""What of this machine the process may use."""

import ctypes
import os
from typing import Optional

_SHARED = "/dev/shm"

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Parameters of glibc's `mallopt`."""


def cores() -> int:
    """Cores that this process may run on, fewer than the machine has where it is bound to some."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def keep_freed_memory() -> None:
    """Have the C library use again what was freed, 256 MB at most and pieces of up to 32 MB, instead of giving it back at once.

    Whoever decodes one picture after another otherwise asks for the same memory each time, which the system fills with zeros
    first. Elsewhere than in glibc it does nothing.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_M_TRIM_THRESHOLD, 256 << 20)
    mallopt(_M_MMAP_THRESHOLD, 32 << 20)


def shared_memory() -> Optional[int]:
    """Bytes that are free in shared memory; None where there is none."""
    try:
        status = os.statvfs(_SHARED)
    except OSError:
        return None
    return status.f_bavail * status.f_frsize
