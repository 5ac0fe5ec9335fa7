"""Ctrl-C and SIGTERM end a run cleanly; a second one ends it at once, even while MXNet does not return."""

import os
import signal
import threading
from types import FrameType
from typing import Any, Callable, Dict, Optional

SIGNALS = (signal.SIGINT, signal.SIGTERM)

_MESSAGE = "ending after this iteration, with a checkpoint; interrupt again to end at once"


def _to_stderr(text: str) -> None:
    os.write(2, b"\n%s\n" % text.encode("utf-8"))


class Interrupts:
    """Catches the signals while in use as a context manager, and puts back what was there before.

    Python runs its signal handlers only between two of its own instructions, and so never while the engine hangs in a kernel.
    The signals are therefore read from the wakeup descriptor by a thread.

    Outside the main thread, where Python allows no handlers, it catches nothing.

    Args:
        tell: called with a sentence for the user, from another thread.

    Attributes:
        received: number of the first signal, or None.
    """

    def __init__(self, tell: Callable[[str], None] = _to_stderr) -> None:
        self._tell = tell
        self.received: Optional[int] = None
        self._handlers: Dict[signal.Signals, Any] = {}
        self._active = False

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is not threading.main_thread():
            return self
        self._active = True
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._descriptor_before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._handlers = {each: signal.signal(each, _leave_to_the_thread) for each in SIGNALS}
        self._thread = threading.Thread(target=self._listen, name="nanhunt-interrupts", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if not self._active:
            return
        self._active = False
        for each, handler in self._handlers.items():
            signal.signal(each, handler)
        signal.set_wakeup_fd(self._descriptor_before)
        os.close(self._write)
        self._thread.join()
        os.close(self._read)

    def __bool__(self) -> bool:
        return self.received is not None

    def _listen(self) -> None:
        while True:
            numbers = os.read(self._read, 64)
            if not numbers:
                return
            for number in numbers:
                if number in SIGNALS:
                    self._note(number)

    def _note(self, number: int) -> None:
        if self.received is not None:
            os._exit(128 + number)
        self.received = number
        self._tell(_MESSAGE)


def _leave_to_the_thread(number: int, frame: Optional[FrameType]) -> None:
    """Has to be there for the wakeup descriptor to be written to."""
