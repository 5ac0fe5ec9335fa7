"""Masks that label no pixel."""

from typing import Iterator

from nanhunt.data.checks.base import WARNING, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts


class EmptyMask(Check):
    """All of the mask is background: in a dataset of persons, one who is not there."""

    name = "empty-mask"
    advice = "no labelled pixel: look whether the mask was saved right"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        for _, mask in facts.masks:
            if set(mask.pixels) == {0}:
                yield Problem(self.name, WARNING, facts.index, mask.path, "expected labelled pixels, found background only")
