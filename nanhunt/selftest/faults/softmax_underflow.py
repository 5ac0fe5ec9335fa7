"""Logits so far apart that softmax is 0 at the label, and the loss takes its log."""

from nanhunt.selftest.faults.base import Expected, Fault, changed
from nanhunt.train.trial import Change, Trial


class SoftmaxUnderflow(Fault):
    name = "softmax-underflow"
    does = "all logits are multiplied by 1e5"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("softmax-underflow",), "forward", ("log",))

    def change(self, trial: Trial) -> Change:
        return Change(loss=changed(lambda loss, outputs, label: loss(*[each * 1e5 for each in outputs], label)))
