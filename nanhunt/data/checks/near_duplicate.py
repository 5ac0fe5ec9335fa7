"""One picture in two encodings, sizes or lights within a split."""

from typing import Iterator

from nanhunt.data.checks.base import NOTE, Check, Problem, Whole
from nanhunt.data.checks.twins import found
from nanhunt.data.twins import NEAR


class NearDuplicate(Check):
    """Found by a perceptual hash, then compared at 64 x 64 pixels: a copy, or the next frame of a film."""

    name = "near-duplicate"
    advice = "nearly one picture: a copy or the next frame; look at both"

    def whole(self, whole: Whole) -> Iterator[Problem]:
        index = whole.index
        for twin in whole.twins():
            if twin.kind == NEAR and index.split_of(twin.position) == index.split_of(twin.other):
                message = f"expected a picture of its own, {found(index, twin)}"
                yield Problem(self.name, NOTE, twin.position, index.image_name(twin.position), message, twin.other)
