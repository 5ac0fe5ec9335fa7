"""Samples that the training transform breaks on, or takes out of its range."""

from typing import Iterator

from nanhunt.data.checks.base import ERROR, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts


class Transformed(Check):
    """With `--augment N`: the transform is applied with the draws of N epochs, as training would.

    Where another check already says why a sample cannot be read, this one is silent.
    """

    name = "transformed"
    advice = "training would end here, or feed values that no pixel has: look at the sample"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        crops = facts.crops
        if crops is None:
            return
        if crops.failed is not None:
            message = f"expected {settings.augment} crops, found an error in epoch {crops.draws}: {crops.failed}"
        elif crops.outside:
            message = f"expected values of normalised bytes, found others in {crops.outside} of {crops.draws} crops"
        else:
            return
        yield Problem(self.name, ERROR, facts.index, facts.image_name, message)
