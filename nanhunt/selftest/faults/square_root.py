"""A root at 0: its value is finite, its gradient is not."""

from nanhunt.selftest.faults.base import Expected, Fault, with_term
from nanhunt.train.trial import Change, Trial


class SquareRoot(Fault):
    name = "gradient-singularity"
    does = "the norm of a vector of zeros is added to the loss"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("gradient-singularity",), "backward", ("sqrt",))

    def change(self, trial: Trial) -> Change:
        return Change(loss=with_term(lambda logits: ((logits * 0) ** 2).reshape((logits.shape[0], -1)).sum(axis=1).sqrt()))
