"""An inverse cosine of more than 1."""

from nanhunt.selftest.faults.base import Expected, Fault, per_sample, with_term
from nanhunt.train.trial import Change, Trial


class InverseTrigDomain(Fault):
    name = "inverse-trig-domain"
    does = "arccos(1.5) is added to the loss"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("inverse-trig-domain",), "forward", ("arccos",))

    def change(self, trial: Trial) -> Change:
        return Change(loss=with_term(lambda logits: per_sample((logits * 0 + 1.5).arccos())))
