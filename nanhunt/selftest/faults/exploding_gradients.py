"""Gradients beyond the largest number, of a loss that is not."""

from typing import Any

from nanhunt.selftest.faults.base import Expected, Term, per_sample


class ExplodingGradients(Term):
    name = "exploding-gradients"
    does = "the gradient of a term that is 0 is multiplied by 1e45 on its way"
    # By one multiplication too many, or by a sum in the backward of a layer.
    expects = Expected(("exploding-gradients", "overflow"), "backward")

    def term(self, operators: Any, array: Any) -> Any:
        return per_sample((array - array.detach()) * 1e15 * 1e15 * 1e15)
