"""Masks with one class over everything."""

from typing import Iterator

from nanhunt.data.checks.base import WARNING, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts
from nanhunt.data.index import IGNORE


class FullMask(Check):
    """No person fills the frame to the last pixel: a wrong threshold or an inverted mask does."""

    name = "full-mask"
    advice = "one class to the last pixel: inverted or overwritten; look at it"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        for _, mask in facts.masks:
            if len(mask.pixels) == 1:
                label = next(iter(mask.pixels))
                if label not in (0, IGNORE):
                    message = f"expected several labels, found {label} on every pixel"
                    yield Problem(self.name, WARNING, facts.index, mask.path, message)
