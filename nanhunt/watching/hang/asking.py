"""Ask something that may never answer: in a thread of its own, which is left behind if it does not."""

import threading
from typing import Any, Callable, List, Tuple

Answer = Tuple[bool, Any]
"""Whether there was one, and what it was; an exception is one."""


def within(seconds: float, call: Callable[[], Any]) -> Answer:
    """What `call` returns or raises, if it does so in that time."""
    answers: List[Any] = []

    def run() -> None:
        try:
            answers.append(call())
        except BaseException as error:  # SystemExit too: this thread is nobody's
            answers.append(error)

    thread = threading.Thread(target=run, name="nanhunt-asking", daemon=True)
    thread.start()
    thread.join(seconds)
    return (True, answers[0]) if answers else (False, None)


class Questions:
    """A number of questions of which some may go unanswered; after `most` of those the rest is not asked."""

    def __init__(self, seconds: float, most: int = 8) -> None:
        self._seconds = seconds
        self._left = most

    def ask(self, call: Callable[[], Any]) -> Answer:
        """As `within`; an exception counts as no answer."""
        if self._left <= 0:
            return False, None
        answered, value = within(self._seconds, call)
        if not answered:
            self._left -= 1
        return (False, None) if not answered or isinstance(value, BaseException) else (True, value)
