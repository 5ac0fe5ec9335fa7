"""Images of one colour."""

from typing import Iterator

from nanhunt.data.checks.base import WARNING, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts


class BlankImage(Check):
    """A lens cap, a failed download, an export that went wrong: there is nothing that a label could belong to."""

    name = "blank-image"
    advice = "one colour from edge to edge: nothing to learn from; restore or skip it"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        image = facts.image
        if image is not None and image.look is not None and image.look.flat:
            message = f"expected a picture, found gray levels {image.look.darkest} to {image.look.lightest} only"
            yield Problem(self.name, WARNING, facts.index, image.path, message)
