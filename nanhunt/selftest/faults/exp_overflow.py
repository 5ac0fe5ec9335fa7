"""An exponential beyond the largest number."""

from nanhunt.selftest.faults.base import Expected, Fault, per_sample, with_term
from nanhunt.train.trial import Change, Trial


class ExpOverflow(Fault):
    name = "exp-overflow"
    does = "exp(200) is added to the loss"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("exp-overflow",), "forward", ("exp",))

    def change(self, trial: Trial) -> Change:
        return Change(loss=with_term(lambda logits: per_sample((logits * 0 + 200).exp())))
