"""Images so narrow that the augmentation leaves nothing of them."""

from typing import Iterator

from nanhunt.data.checks.base import ERROR, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts
from nanhunt.data.resizing import base_resolution, scaled_resolution


class NarrowImage(Check):
    """At the smallest scale that may be drawn, half of base_size for the long side, the short side rounds to no pixel."""

    name = "narrow-image"
    advice = "the smallest scale leaves no pixel of the short side: cut the image or raise --base-size"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        image = facts.image
        if image is None or image.damage is not None:
            return
        smallest = scaled_resolution(base_resolution(image.size, settings.base_size), int(settings.base_size * 0.5))
        if min(smallest) < 1:
            message = "expected a side of one pixel or more at the smallest scale, found {}x{} of {}x{}".format(
                *(smallest + image.size)
            )
            yield Problem(self.name, ERROR, facts.index, image.path, message)
