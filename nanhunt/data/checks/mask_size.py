"""Masks that are not as large as their image."""

from typing import Iterator

from nanhunt.data.checks.base import ERROR, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts


class MaskSize(Check):
    """Labels of another size belong to another picture, or to another version of it."""

    name = "mask-size"
    advice = "labels do not lie on their pixels: restore the pair"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        if facts.image is None or facts.image.damage is not None:
            return
        for _, mask in facts.masks:
            if mask.damage is None and mask.size != facts.image.size:
                message = "expected {}x{} as the image, found {}x{}".format(*(facts.image.size + mask.size))
                if facts.image.orientation > 4 and mask.size == facts.image.size[::-1]:
                    message += ", as EXIF has it turned"
                yield Problem(self.name, ERROR, facts.index, mask.path, message)
