"""Crops of the training transform with nothing to learn from."""

from typing import Iterator

from nanhunt.data.checks.base import WARNING, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts


class CropContent(Check):
    """With `--augment N`: a crop that is left out of the loss, and pictures whose every crop shows a single class."""

    name = "crop-content"
    advice = "crops hold one class or nothing at all: raise --crop-size, look at the mask"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        crops = facts.crops
        if crops is None or not crops.draws:
            return
        if crops.ignored:
            message = f"expected labelled pixels in every crop, found none in {crops.ignored} of {crops.draws}"
        elif crops.single == crops.draws:
            message = f"expected several classes in a crop, found one in each of {crops.draws}"
        else:
            return
        yield Problem(self.name, WARNING, facts.index, facts.image_name, message)
