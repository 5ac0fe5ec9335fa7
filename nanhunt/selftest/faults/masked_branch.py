"""A value that a weight of 0 leaves out, and whose gradient it does not."""

from nanhunt.selftest.faults.base import Expected, Fault, per_sample, with_term
from nanhunt.train.trial import Change, Trial


class MaskedBranch(Fault):
    name = "masked-branch"
    does = "a root of 0 is added to the loss with a weight of 0"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("masked-branch",), "backward", ("sqrt",))

    def change(self, trial: Trial) -> Change:
        return Change(loss=with_term(lambda logits: per_sample((logits * 0).sqrt()) * 0))
