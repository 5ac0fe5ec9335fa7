"""Images without masks."""

from typing import Iterator

from nanhunt.data.checks.base import ERROR, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts


class MissingMask(Check):
    """No mask belongs to the entry. Where the image is missing too, the name is wrong: that is named once, as the image."""

    name = "missing-mask"
    advice = "nothing to learn from: restore the masks or take the entry off the list"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        if facts.image is not None and not facts.masks:
            message = f"expected {facts.mask_pattern}, found none"
            yield Problem(self.name, ERROR, facts.index, facts.image_name, message)
