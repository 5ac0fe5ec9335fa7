"""The log of a negative number."""

from nanhunt.selftest.faults.base import Expected, Fault, per_sample, with_term
from nanhunt.train.trial import Change, Trial


class LogOfNegative(Fault):
    name = "log-of-negative"
    does = "the log of -1 is added to the loss"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("log-of-negative",), "forward", ("log",))

    def change(self, trial: Trial) -> Change:
        return Change(loss=with_term(lambda logits: per_sample((logits * 0 - 1).log())))
