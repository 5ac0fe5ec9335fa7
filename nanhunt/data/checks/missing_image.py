"""List entries without an image."""

from typing import Iterator

from nanhunt.data.checks.base import ERROR, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts


class MissingImage(Check):
    """The list names an image that is not in `images/`."""

    name = "missing-image"
    advice = "listed but not there: restore the file or take the entry off the list"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        if facts.image is None:
            yield Problem(self.name, ERROR, facts.index, facts.image_name, "expected the file, found none")
