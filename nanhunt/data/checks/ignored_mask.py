"""Masks that leave every pixel out of the loss."""

from typing import Iterator

from nanhunt.data.checks.base import WARNING, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts
from nanhunt.data.index import IGNORE


class IgnoredMask(Check):
    """Nothing is learnt from such a picture; a loss that divides by the number of its pixels divides by 0."""

    name = "ignored-mask"
    advice = "nothing to learn, and 0 / 0 in a loss that averages over labelled pixels"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        for _, mask in facts.masks:
            if set(mask.pixels) == {IGNORE}:
                yield Problem(
                    self.name, WARNING, facts.index, mask.path, "expected labelled pixels, found all left out of the loss"
                )
