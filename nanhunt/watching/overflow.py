"""Gradients that overflow under a loss scale, and that the program makes no update of: expected, and only counted."""

from typing import Optional, Sequence

from nanhunt.backends.base import Scaler
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

    def are(self, alarms: Sequence[Reading], asked: bool, scaler: Optional[Scaler]) -> bool:
        """Whether these alarms are nothing but that.

        Args:
            asked: an update of these gradients is about to run.
            scaler: it is about to look at the gradients itself, and may skip the update.
        """
        if not alarms or any(each.watched.kind != "gradient" for each in alarms):
            return False
        if not asked:
            return all(each.dtype == "float16" for each in alarms)
        if scaler is None:
            return False
        devices = sorted({each.watched.device for each in alarms})
        if scaler.sees == "all" or (scaler.sees == "first" and scaler.first in devices):
            return True
        why = (
            "the key-value store updates before the loss scaler looks: give the Trainer update_on_kvstore=False"
            if scaler.sees == "none"
            else "the loss scaler looks at %s alone: give the Trainer a key-value store" % scaler.first
        )
        self._notice(
            "gradients overflowed on %s, and the update would be made all the same, because %s" % (", ".join(devices), why)
        )
        return False

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
