"""An update that leaves finite numbers behind it."""

from nanhunt.selftest.faults.base import AT, Expected, Fault, changed
from nanhunt.train.trial import Change, Trial


class OptimizerStep(Fault):
    name = "optimizer-step"
    does = "the learning rate is 3e37, and the loss 1e5 times as large"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("optimizer-step", "diverged", "overflow"), step=AT + 1)  # weights may stay finite, and huge

    def change(self, trial: Trial) -> Change:
        return Change(
            loss=changed(lambda loss, outputs, label: loss(*outputs, label) * 1e5),
            rate=lambda k, lr: 3e37 if k == AT else lr,
        )
