"""What the training transform makes of a sample in its first epochs: the very arrays that the network would be fed."""

from dataclasses import dataclass
from typing import Optional

import numpy as np

from nanhunt.data.index import IGNORE
from nanhunt.data.samples import SegmentationDataset
from nanhunt.data.transform import NORMALISED, Transform
from nanhunt.errors import DataError


@dataclass(frozen=True)
class CropFacts:
    """What came out.

    Attributes:
        draws: epochs tried.
        nonfinite: draws with a NaN or Inf in `data`.
        outside: draws with a finite value in `data` that no normalised byte has.
        single: draws whose label has one class only.
        ignored: draws whose label is nothing but IGNORE.
        failed: why the transform gave up in epoch `draws`; None where it did not.
    """

    draws: int
    nonfinite: int = 0
    outside: int = 0
    single: int = 0
    ignored: int = 0
    failed: Optional[str] = None


class Cropper:
    """Applies the transform as training with `seed` would in epochs 0..draws - 1."""

    def __init__(self, dataset: SegmentationDataset, transform: Transform, draws: int, seed: int = 0) -> None:
        self.dataset = dataset
        self.transform = transform
        self.draws = draws
        self.seed = seed

    def crops(self, position: int) -> Optional[CropFacts]:
        """All draws of one entry; None where it cannot be read."""
        nonfinite = outside = single = ignored = 0
        lowest, highest = float(np.nanmin(NORMALISED)), float(np.nanmax(NORMALISED))
        try:
            raw = self.dataset.read(position)
        except DataError:
            return None
        for epoch in range(self.draws):
            try:
                data, label = self.transform.apply(raw, self.transform.draw(raw, self.seed, epoch))
            except Exception as error:  # whatever it is would end a training run
                return CropFacts(epoch, nonfinite, outside, single, ignored, f"{type(error).__name__}: {error}")
            finite = np.isfinite(data)
            nonfinite += not finite.all()
            with np.errstate(invalid="ignore"):
                outside += bool(((data < lowest) | (data > highest))[finite].any())
            classes = np.unique(label[label != IGNORE])
            single += len(classes) == 1
            ignored += len(classes) == 0
        return CropFacts(self.draws, nonfinite, outside, single, ignored)
