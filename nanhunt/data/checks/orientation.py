"""Images that are to be turned before they are shown."""

from typing import Iterator

from nanhunt.data.checks.base import WARNING, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts

_TURN = {
    2: "mirrored",
    3: "turned by 180 degrees",
    4: "mirrored top to bottom",
    5: "mirrored and turned by 90 degrees",
    6: "turned by 90 degrees",
    7: "mirrored and turned by 270 degrees",
    8: "turned by 270 degrees",
}


class Orientation(Check):
    """Training reads pixels as they are stored; whoever drew the mask in a viewer saw them turned as EXIF says."""

    name = "orientation"
    advice = "read as stored, shown turned: mask and picture may not match; turn the pixels"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        image = facts.image
        if image is not None and image.orientation != 1:
            message = f"expected EXIF orientation 1, found {image.orientation}: to be {_TURN[image.orientation]}"
            yield Problem(self.name, WARNING, facts.index, image.path, message)
