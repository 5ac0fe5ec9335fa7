"""Gradients that overflow under a loss scale, and that the program makes no update of: expected, and only counted."""

from typing import Sequence

from nanhunt.watching.hit import Notice
from nanhunt.watching.sentinel import Reading


class HandledOverflows:
    """Tells them from findings.

    Args:
        notice: told in one line of the first, and at the end of how many there were.

    Attributes:
        count: how many iterations had some.
    """

    def __init__(self, notice: Notice) -> None:
        self._notice = notice
        self.count = 0

    def are(self, alarms: Sequence[Reading], asked: bool, scaled: bool) -> bool:
        """Whether these alarms are nothing but that.

        Args:
            asked: an update of these gradients is about to run.
            scaled: it belongs to a loss scaler, which looks at the gradients of the first device itself, and skips it.
        """
        if not alarms or any(each.watched.kind != "gradient" for each in alarms):
            return False
        if asked:
            devices = {each.watched.device for each in alarms}
            return scaled and len(devices) == 1 and next(iter(devices)).endswith("(0)")
        return all(each.dtype == "float16" for each in alarms)

    def add(self, step: int) -> None:
        """An iteration had some."""
        self.count += 1
        if self.count == 1:
            self._notice(
                "gradients overflowed at step %d and no update was made of them, as is usual under a loss scale; "
                "this is counted and is no finding" % step
            )

    def close(self) -> None:
        """The run ends."""
        if self.count > 1:
            self._notice("gradients overflowed in %d iterations of which no update was made" % self.count)
