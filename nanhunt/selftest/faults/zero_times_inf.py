"""0 by infinity, of an infinity that is there on purpose."""

from nanhunt.selftest.faults.base import Expected, Fault, per_sample, with_term
from nanhunt.train.trial import Change, Trial


class ZeroTimesInf(Fault):
    name = "zero-times-inf"
    does = "0 by infinity, as of a mask, is added to the loss"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("zero-times-inf",), "forward", ("elemwise_mul", "_mul", "_mul_scalar", "broadcast_mul"))

    def change(self, trial: Trial) -> Change:
        return Change(loss=with_term(lambda logits: per_sample((logits * 0) * (logits.ones_like() * float("inf")))))
