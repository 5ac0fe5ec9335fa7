"""A division by 0."""

from nanhunt.selftest.faults.base import Expected, Fault, per_sample, with_term
from nanhunt.train.trial import Change, Trial


class Division(Fault):
    name = "divide-by-zero"
    does = "the loss is given a term that is divided by 0"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("divide-by-zero",), "forward", ("elemwise_div", "_div", "broadcast_div"))

    def change(self, trial: Trial) -> Change:
        return Change(loss=with_term(lambda logits: (per_sample(logits * 0) + 1) / per_sample(logits * 0)))
