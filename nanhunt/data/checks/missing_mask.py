"""Images without masks."""

from typing import Iterator

from nanhunt.data.checks.base import ERROR, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts


class MissingMask(Check):
    """No file in `annotations/` belongs to the entry."""

    name = "missing-mask"
    advice = "nothing to learn from: restore the masks or take the entry off the list"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        if not facts.masks:
            message = f"expected {facts.mask_pattern}, found none"
            yield Problem(self.name, ERROR, facts.index, facts.image_name, message)
