"""The log of 0."""

from nanhunt.selftest.faults.base import Expected, Fault, per_sample, with_term
from nanhunt.train.trial import Change, Trial


class LogOfZero(Fault):
    name = "log-of-zero"
    does = "log of a mean that is 0 is added to the loss"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("log-of-zero",), "forward", ("log",))

    def change(self, trial: Trial) -> Change:
        return Change(loss=with_term(lambda logits: per_sample(logits * 0).log()))
