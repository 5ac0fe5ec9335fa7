"""Where the program stood when native code crashes: what the framework writes then are addresses in its own library."""

import contextlib
import faulthandler
import os
import sys


class CrashStacks:
    """From `start` to `stop` a crash writes the Python stack of every thread to stderr.

    That is, SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT. The handler that was there before, the framework's own, has its turn
    afterwards, and the exit code is the one it gives.
    """

    def __init__(self) -> None:
        self._ours = False

    def start(self) -> None:
        """Begin, once the framework is imported: MXNet puts its handler in the place of one that Python was started with."""
        if faulthandler.is_enabled():
            if not _from_start():
                return  # the program's own, and perhaps to a file of its own
            faulthandler.disable()
        else:
            self._ours = True
        if sys.__stderr__ is not None:
            with contextlib.suppress(OSError, ValueError):  # closed
                faulthandler.enable(sys.__stderr__)

    def stop(self) -> None:
        """Put the handlers back."""
        if self._ours:
            self._ours = False
            faulthandler.disable()


def _from_start() -> bool:
    return "faulthandler" in sys._xoptions or bool(os.environ.get("PYTHONFAULTHANDLER")) or sys.flags.dev_mode
