"""Gradients beyond the largest number, of a loss that is not."""

from nanhunt.selftest.faults.base import Expected, Fault, per_sample, with_term
from nanhunt.train.trial import Change, Trial


class ExplodingGradients(Fault):
    name = "exploding-gradients"
    does = "the gradient of a term that is 0 is multiplied by 1e45 on its way"

    def expected(self, trial: Trial) -> Expected:
        # By one multiplication too many, or by a sum in the backward of a layer.
        return Expected(("exploding-gradients", "overflow"), "backward")

    def change(self, trial: Trial) -> Change:
        return Change(loss=with_term(lambda logits: per_sample((logits - logits.detach()) * 1e15 * 1e15 * 1e15)))
