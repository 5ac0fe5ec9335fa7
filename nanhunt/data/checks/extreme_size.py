"""Images far smaller or larger than what is trained on."""

from typing import Iterator

from nanhunt.data.checks.base import WARNING, Check, Problem, Settings
from nanhunt.data.checks.narrow_image import vanishes
from nanhunt.data.facts import SampleFacts

TIMES = 8
"""Enlarged this many times a side, a picture is a smear; COCO's smallest are enlarged ten times by base size 520."""

REDUCED = 16
"""Reduced this many times a side, it is mostly decoded to be thrown away."""


class ExtremeSize(Check):
    """The short side against base_size, which the transform resizes it to."""

    name = "extreme-size"
    advice = "far from --base-size: blown up to a smear, or slow to read; look at it"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        image = facts.image
        if image is None or image.damage is not None or vanishes(image.size, settings):
            return
        short, base = min(image.size), settings.base_size
        shown = "{}x{}".format(*image.size)
        if short * TIMES < base:
            message = f"expected {-(-base // TIMES)} px or more a side, found {shown}: enlarged {base / short:.0f} times"
        elif short > base * REDUCED:
            message = f"expected {base * REDUCED} px or less a side, found {shown}: reduced {short / base:.0f} times"
        else:
            return
        yield Problem(self.name, WARNING, facts.index, image.path, message)
