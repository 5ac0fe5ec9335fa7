"""Images that are nearly white."""

from typing import Iterator

from nanhunt.data.checks.base import WARNING, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts

BRIGHT = 242
"""Gray levels of 255 from which on a shape is lost in the white."""

DARKER = 0.05
"""The part of the picture that may be darker: what stands before a white ground takes more."""

_LEVELS = bytes(range(BRIGHT, 256))


class BrightImage(Check):
    """Where all is white, no border is left that a label could follow."""

    name = "bright-image"
    advice = "next to nothing to see: look whether it was exposed or exported right"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        image = facts.image
        if image is None or image.look is None or image.look.flat:
            return
        darker = len(image.look.levels.translate(None, _LEVELS)) / len(image.look.levels)
        if darker <= DARKER:
            message = f"expected gray levels below {BRIGHT}, found {1 - darker:.0%} of the picture above"
            yield Problem(self.name, WARNING, facts.index, image.path, message)
