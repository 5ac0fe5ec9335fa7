"""Infinity less infinity, of infinities that are there on purpose."""

from nanhunt.selftest.faults.base import Expected, Fault, per_sample, with_term
from nanhunt.train.trial import Change, Trial


class InfMinusInf(Fault):
    name = "inf-minus-inf"
    does = "infinity less infinity, as of two masks, is added to the loss"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("inf-minus-inf",), "forward", ("elemwise_sub", "_minus", "broadcast_sub"))

    def change(self, trial: Trial) -> Change:
        return Change(loss=with_term(lambda logits: per_sample((logits + float("inf")) - (logits + float("inf")))))
