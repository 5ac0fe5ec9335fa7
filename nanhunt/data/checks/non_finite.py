"""NaN and Inf in what the training transform gives to the network."""

from typing import Iterator

import numpy as np

from nanhunt.data.checks.base import ERROR, Check, Problem, Settings
from nanhunt.data.facts import SampleFacts
from nanhunt.data.pictures import EIGHT_BIT_MODES
from nanhunt.data.transform import NORMALISED


class NonFinite(Check):
    """Covers every draw of the augmentation, not one.

    Mirror, resize, pad, crop and blur turn bytes into bytes; the normalisation then looks each byte up in `NORMALISED`. So
    the 768 values of that table are all that an 8-bit picture can become. A picture of floating point
    numbers is looked at pixel by pixel. With `--augment N` the transform itself is applied, and its output looked at.
    """

    name = "non-finite"
    advice = "NaN or Inf reaches the network: restore the image"

    def sample(self, facts: SampleFacts, settings: Settings) -> Iterator[Problem]:
        image = facts.image
        if image is None or image.damage is not None:
            return
        bad = int(np.count_nonzero(~np.isfinite(NORMALISED))) if image.mode in EIGHT_BIT_MODES else image.nonfinite
        crops = facts.crops
        if bad:
            message = f"expected finite pixels after the training transform, found {bad} NaN or Inf"
        elif crops is not None and crops.nonfinite:
            message = f"expected finite crops, found NaN or Inf in {crops.nonfinite} of {crops.draws}"
        else:
            return
        yield Problem(self.name, ERROR, facts.index, image.path, message)
