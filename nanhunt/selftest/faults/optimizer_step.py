"""An update that leaves finite numbers behind it."""

import numpy as np

from nanhunt.backends.planting import Plant
from nanhunt.selftest.faults.base import AT, Expected, Fault, changed
from nanhunt.train.trial import Change, Trial

_RATE = 3e37
_TIMES = 1e5


class OptimizerStep(Fault):
    name = "optimizer-step"
    does = "the learning rate is 3e37, and the loss 1e5 times as large"
    expects = Expected(("optimizer-step", "diverged", "overflow"), step=AT + 1)  # weights may stay finite, and huge

    def change(self, trial: Trial) -> Change:
        return Change(
            loss=changed(lambda loss, outputs, label: loss(*outputs, label) * _TIMES),
            rate=lambda k, lr: _RATE if k == AT else lr,
        )

    def plant(self) -> Plant:
        return Plant(AT, head=lambda operators, head: head * (1 if np.dtype(head.dtype).itemsize < 4 else _TIMES), rate=_RATE)
