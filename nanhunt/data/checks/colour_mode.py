"""Images whose colours do not become RGB as they were meant."""

from typing import Iterator

from nanhunt.data.checks.base import NOTE, WARNING, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts

_PRINT = ("CMYK", "YCbCr", "LAB", "HSV")
_TRANSPARENT = ("RGBA", "RGBa", "LA", "La", "PA")


class ColourMode(Check):
    """CMYK and the like are converted without their colour profile; of transparent pixels the colour behind them is used."""

    name = "colour-mode"
    advice = "converted to RGB without profile or transparency: save it as RGB"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        image = facts.image
        if image is None or image.damage is not None:
            return
        if image.mode in _PRINT:
            yield Problem(self.name, WARNING, facts.index, image.path, f"expected RGB or gray, found {image.mode}")
        elif image.mode in _TRANSPARENT:
            yield Problem(self.name, NOTE, facts.index, image.path, f"expected RGB or gray, found transparency ({image.mode})")
