"""Images that are nearly black."""

from typing import Iterator

from nanhunt.data.checks.base import WARNING, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts

DARK = 40
"""Gray levels of 255 below which hardly a shape can be seen; a photograph of a night has lamps above it."""

LIGHTER = 0.01
"""The part of the picture that may be lighter."""

_LEVELS = bytes(range(DARK))


class DarkImage(Check):
    """Next to nothing of it reaches the network, and labels drawn on it were drawn on a lighter one, or by guessing."""

    name = "dark-image"
    advice = "next to nothing to see: look whether it was exposed or exported right"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        image = facts.image
        if image is None or image.look is None or image.look.flat:
            return
        lighter = len(image.look.levels.translate(None, _LEVELS)) / len(image.look.levels)
        if lighter <= LIGHTER:
            message = f"expected gray levels of {DARK} and more, found {1 - lighter:.0%} of the picture below"
            yield Problem(self.name, WARNING, facts.index, image.path, message)
