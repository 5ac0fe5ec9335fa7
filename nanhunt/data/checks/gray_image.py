"""Images with one channel."""

from typing import Iterator

from nanhunt.data.checks.base import NOTE, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts


class GrayImage(Check):
    """Gray pictures are trained on with their channel repeated three times; a few of them are normal."""

    name = "gray-image"
    advice = "the one channel is repeated three times"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        image = facts.image
        if image is not None and image.damage is None and image.mode in ("1", "L", "LA", "La"):
            yield Problem(self.name, NOTE, facts.index, image.path, f"mode {image.mode}")
