"""Images so narrow that the augmentation leaves nothing of them."""

from typing import Iterator, Tuple

from nanhunt.data.checks.base import ERROR, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts
from nanhunt.data.resizing import resolution, scaled_resolution


def smallest(size: Tuple[int, int], settings: Settings) -> Tuple[int, int]:
    """(width, height) of an image at the smallest scale that may be drawn: half of base_size for the long side."""
    at_base = resolution(size, settings.base_size, settings.resize)
    return scaled_resolution(at_base, int(settings.base_size * 0.5)) if min(at_base) else at_base


def vanishes(size: Tuple[int, int], settings: Settings) -> bool:
    """Whether nothing is left of an image at that scale."""
    return min(smallest(size, settings)) < 1


class NarrowImage(Check):
    """At the smallest scale that may be drawn, the short side rounds to no pixel."""

    name = "narrow-image"
    advice = "the smallest scale leaves no pixel of the short side: cut the image or raise --base-size"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        image = facts.image
        if image is not None and image.damage is None and vanishes(image.size, settings):
            message = "expected a side of one pixel or more at the smallest scale, found {}x{} of {}x{}".format(
                *(smallest(image.size, settings) + image.size)
            )
            yield Problem(self.name, ERROR, facts.index, image.path, message)
