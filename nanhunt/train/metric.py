"""Pixel accuracy and mean intersection over union."""

from typing import TYPE_CHECKING, Tuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class SegmentationMetric:
    """Counts (label, prediction) pairs over any number of batches.

    The same figures as `gluoncv.utils.metrics.SegmentationMetric` where every class occurs. A class that neither the labels nor
    the predictions hold has no intersection over union: it is left out of the mean here, and counts as 0 there.

    Args:
        num_class: predicted classes; labels below 0 or from here up are not counted.
    """

    def __init__(self, num_class: int) -> None:
        self.num_class = num_class
        self._pairs = np.zeros((num_class, num_class), dtype=np.int64)

    def update(self, label: "NDArray[np.int32]", predicted: "NDArray[np.int64]") -> None:
        """Count a batch: both arrays (N, H, W), class ids."""
        counted = (label >= 0) & (label < self.num_class)
        pairs = label[counted].astype(np.int64) * self.num_class + predicted[counted].astype(np.int64)
        self._pairs += np.bincount(pairs, minlength=self.num_class**2).reshape(self._pairs.shape)

    def get(self) -> Tuple[float, float]:
        """(pixAcc, mIoU), both 0..1; 0 where nothing was counted."""
        intersection = np.diag(self._pairs)
        union = self._pairs.sum(axis=0) + self._pairs.sum(axis=1) - intersection
        total = self._pairs.sum()
        if total == 0:
            return 0.0, 0.0
        present = union > 0
        return float(intersection.sum() / total), float((intersection[present] / union[present]).mean())
