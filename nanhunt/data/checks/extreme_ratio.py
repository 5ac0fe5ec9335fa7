"""Images much longer than wide, or the other way round."""

from typing import Iterator

from nanhunt.data.checks.base import WARNING, Check, Problem, Settings
from nanhunt.data.checks.narrow_image import vanishes
from nanhunt.data.facts import SampleFacts

RATIO = 5
"""A panorama; a square crop then shows a fifth of it or less."""


class ExtremeRatio(Check):
    """A strip: crops show little of it, and padding much."""

    name = "extreme-ratio"
    advice = "a strip: crops see little of it and much padding; look at it"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        image = facts.image
        if image is None or image.damage is not None or vanishes(image.size, settings):
            return
        if max(image.size) > RATIO * min(image.size):
            ratio = max(image.size) / min(image.size)
            message = f"expected sides up to {RATIO}:1, found {image.size[0]}x{image.size[1]}, {ratio:.1f}:1"
            yield Problem(self.name, WARNING, facts.index, image.path, message)
