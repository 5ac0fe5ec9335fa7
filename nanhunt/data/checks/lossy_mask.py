"""Masks in a format that does not keep values."""

from typing import Iterator

from nanhunt.data.checks.base import ERROR, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts


class LossyMask(Check):
    """JPEG smears labels: along every border it invents values that belong to other classes, or to none."""

    name = "lossy-mask"
    advice = "JPEG invents labels along every border: save masks as PNG"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        for _, mask in facts.masks:
            if mask.format in ("JPEG", "MPO", "JPEG2000"):
                yield Problem(
                    self.name, ERROR, facts.index, mask.path, f"expected PNG or another exact format, found {mask.format}"
                )
