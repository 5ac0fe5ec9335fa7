"""What of this machine the process may use."""

import os
from typing import Optional

_SHARED = "/dev/shm"


def cores() -> int:
    """Cores that this process may run on, fewer than the machine has where it is bound to some."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def shared_memory() -> Optional[int]:
    """Bytes that are free in shared memory; None where there is none."""
    try:
        status = os.statvfs(_SHARED)
    except OSError:
        return None
    return status.f_bavail * status.f_frsize
