"""threads: another number of threads inside an operator, and so another order of summation."""

import os
from typing import Dict, Optional

from nanhunt.errors import UsageError
from nanhunt.replay.cures.base import ChangesNothing, Situation
from nanhunt.replay.cures.elsewhere import Elsewhere, set_already


class Threads(Elsewhere):
    """Without a value, one thread."""

    name = "threads"
    takes = "N"
    summary = "OMP_NUM_THREADS=N: another number of threads in an operator"

    def __init__(self, value: Optional[str] = None) -> None:
        super().__init__(value)
        if value is not None and not (value.isdigit() and int(value) > 0):
            raise UsageError("--try threads takes a whole number such as threads=1, found %r" % value)

    def variables(self, situation: Situation) -> Dict[str, str]:
        number = self.value or ("1" if not set_already("OMP_NUM_THREADS", "1") else str(os.cpu_count() or 2))
        if set_already("OMP_NUM_THREADS", number):
            raise ChangesNothing("it runs with %s threads already" % number)
        return {"OMP_NUM_THREADS": number}
