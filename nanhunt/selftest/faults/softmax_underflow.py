"""Logits so far apart that softmax is 0 at the label, and the loss takes its log."""

from nanhunt.backends.planting import Plant
from nanhunt.selftest.faults.base import AT, Expected, Fault, changed
from nanhunt.train.trial import Change, Trial

_TIMES = 1e5


class SoftmaxUnderflow(Fault):
    name = "softmax-underflow"
    does = "all logits are multiplied by 1e5"
    expects = Expected(("softmax-underflow",), "forward", ("log",))

    def change(self, trial: Trial) -> Change:
        return Change(loss=changed(lambda loss, outputs, label: loss(*[each * _TIMES for each in outputs], label)))

    def plant(self) -> Plant:
        return Plant(AT, logits=_TIMES, may_vanish=True)
