"""Pictures whose channels or depth the reader refuses."""

from typing import Iterator

from nanhunt.data.checks.base import ERROR, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts
from nanhunt.data.pictures import EIGHT_BIT_MODES, LABEL_MODES


class PictureMode(Check):
    """Images of more than 8 bits, which Pillow would clip to white; masks of more than one channel."""

    name = "picture-mode"
    advice = "cannot be read as it is: save images with 8 bits, masks with one channel"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        image = facts.image
        if image is not None and image.damage is None and image.mode not in EIGHT_BIT_MODES:
            yield Problem(self.name, ERROR, facts.index, image.path, f"expected an 8-bit image, found mode {image.mode}")
        for _, mask in facts.masks:
            if mask.damage is None and mask.mode not in LABEL_MODES:
                yield Problem(
                    self.name, ERROR, facts.index, mask.path, f"expected one channel of labels, found mode {mask.mode}"
                )
