"""The way out where no Python code can run: code that keeps the GIL to itself, in C, for ever.

A timer counts the processor time of the thread that trains. As long as the watchdog runs it puts the timer off; where
it cannot, the timer sends SIGTRAP, whose number is the exit code of a hang. `faulthandler` writes all stacks in its C
handler and passes the signal on to the handler before it, which is libc's `_exit`: that takes the number for its
argument. A processor clock does not count while the process is stopped, or the machine asleep.
"""

import contextlib
import ctypes
import faulthandler
import signal
import sys
import time
from typing import Any, Optional

from nanhunt.errors import EXIT_HANG

_SIGNAL = signal.SIGTRAP
assert int(_SIGNAL) == EXIT_HANG


class _Event(ctypes.Structure):
    """`struct sigevent` of Linux, 64 bytes."""

    _fields_ = [("value", ctypes.c_void_p), ("signal", ctypes.c_int), ("notify", ctypes.c_int), ("rest", ctypes.c_char * 48)]


class _Times(ctypes.Structure):
    """`struct itimerspec`."""

    _fields_ = [(name, ctypes.c_long) for name in ("every_s", "every_ns", "in_s", "in_ns")]


class LastResort:
    """Armed from `start` to `stop`; does nothing where the system has no such timers, or the signal is somebody else's."""

    def __init__(self) -> None:
        self._timer: Optional[ctypes.c_void_p] = None
        self._library: Any = None
        self._libc: Any = None
        self._before: Any = None

    def start(self, ident: int) -> None:
        """Count the processor time of this thread. To be called in the main thread."""
        try:
            self._start(ident)
        except (OSError, AttributeError, ValueError):
            self._timer = None

    def _start(self, ident: int) -> None:
        if signal.getsignal(_SIGNAL) != signal.SIG_DFL:
            return
        self._library = ctypes.CDLL("librt.so.1" if sys.platform.startswith("linux") else None, use_errno=True)
        libc = ctypes.CDLL(None)
        timer = ctypes.c_void_p()
        event = _Event(signal=int(_SIGNAL), notify=0)
        if self._library.timer_create(time.pthread_getcpuclockid(ident), ctypes.byref(event), ctypes.byref(timer)) != 0:
            return
        libc.signal.restype = ctypes.c_void_p
        libc.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]
        self._before = libc.signal(int(_SIGNAL), ctypes.cast(libc._exit, ctypes.c_void_p))
        self._libc, self._timer = libc, timer
        if sys.__stderr__ is not None:
            with contextlib.suppress(OSError, ValueError):  # closed
                faulthandler.register(_SIGNAL, sys.__stderr__, all_threads=True, chain=True)

    def put_off(self, seconds: float) -> None:
        """Nothing happens before that much more processor time."""
        timer = self._timer  # `stop` may take it away meanwhile
        if timer is not None:
            whole = int(seconds)
            times = _Times(0, 0, whole, int((seconds - whole) * 1e9))
            self._library.timer_settime(timer, 0, ctypes.byref(times), None)

    def stop(self) -> None:
        """Put everything back."""
        if self._timer is None:
            return
        self._library.timer_delete(self._timer)
        self._timer = None
        faulthandler.unregister(_SIGNAL)
        self._libc.signal(int(_SIGNAL), self._before)
