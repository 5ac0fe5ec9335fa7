"""Files that are cut short, damaged or no pictures."""

from typing import Iterator

from nanhunt.data.checks.base import ERROR, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts


class Unreadable(Check):
    """The file does not decode to its end. GluonCV's loader fills the rest of such an image with gray and trains on it."""

    name = "unreadable"
    advice = "training ends here: restore the file, or skip the entry"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        for picture in [facts.image] + [mask for _, mask in facts.masks]:
            if picture is not None and picture.damage is not None:
                yield Problem(self.name, ERROR, facts.index, picture.path, f"expected a whole picture: {picture.damage}")
