"""Read the samples that an index finds: image and labels decoded, checked, and the masks of one image merged."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple

import numpy as np

from nanhunt.data.index import IGNORE, DatasetIndex, MaskFile
from nanhunt.data.pictures import INSPECT, LABEL_MODES, read_image
from nanhunt.data.samples import RawSample, SegmentationDataset
from nanhunt.errors import DataError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CLASSES = 255
"""Labels travel through the augmentation as bytes, and one byte stands for IGNORE."""


class IndexedDataset(SegmentationDataset):
    """The dataset behind any index.

    The masks of an image are merged in the order of the index, which for LV-MHP-v1 is that of person ids; where two persons
    overlap, the pixel is the first's. (GluonCV merges in `os.listdir` order, so that its labels depend on the machine.)

    Args:
        index: the files.
        num_class: labels from here up are refused; None is as many as the dataset has.
        name: what the dataset is called in messages and reports; None is the index's own name.
    """

    def __init__(self, index: DatasetIndex, num_class: Optional[int] = None, name: Optional[str] = None) -> None:
        known = index.classes
        count = len(known) if num_class is None else num_class
        if not 2 <= count <= MOST_CLASSES:
            raise UsageError(f"Expected between 2 and {MOST_CLASSES} classes, found --num-class {count}.")
        self.index = index
        self.root = index.root
        self.name = index.dataset if name is None else name
        self.classes = (known + tuple(f"class {label}" for label in range(len(known), count)))[:count]

    def __len__(self) -> int:
        return len(self.index)

    def image_path(self, index: int) -> Path:
        return self.root / self.index.image_name(index)

    def require_files(self) -> None:
        """Check by name alone that every entry has an image and a mask, so that a run does not end hours later.

        Raises:
            DataError: naming the first entry that lacks either, and how many do.
        """
        missing = [position for position in range(len(self)) if not self.index.has_image(position)]
        if missing:
            raise DataError(_without(self.index, missing, f"an image {self.index.image_name(missing[0])}"))
        bare = [position for position in range(len(self)) if not self.index.masks(position)]
        if bare:
            raise DataError(_without(self.index, bare, f"a mask {self.index.mask_pattern(bare[0])}"))

    def read(self, index: int) -> RawSample:
        path = self.image_path(index)
        masks = self.index.masks(index)
        if not masks:
            raise DataError(_without(self.index, [index], f"a mask {self.index.mask_pattern(index)}"))
        image = read_image(path)
        merged = merge([self._labels(index, mask, path, image.shape[:2]) for mask in masks])
        mask_paths = tuple(self.root / mask.path for mask in masks)
        return RawSample(image, merged, index, path, mask_paths, self.index.padding)

    def _labels(self, index: int, mask: MaskFile, image: Path, shape: Tuple[int, ...]) -> "NDArray[np.int32]":
        """One mask as class ids, of the image's size."""
        path = os.path.join(self.index.folder, mask.path)
        picture = self.index.mask_picture(index, mask)
        if picture.mode not in LABEL_MODES:
            raise DataError(
                f"Expected a mask of one channel in {path}, found Pillow mode {picture.mode}; save the class ids as mode L."
            )
        labels = self.index.labels(picture)
        if labels.shape != shape:
            (height, width), (own_height, own_width) = shape, labels.shape
            raise DataError(
                f"Expected {path} to be {width}x{height} as {image.name} is, found {own_width}x{own_height}; "
                f"restore the pair ({INSPECT})."
            )
        lowest, highest = int(labels.min()), int(labels.max())
        if lowest < IGNORE or highest >= len(self.classes):
            raise DataError(
                f"Expected labels 0..{len(self.classes) - 1} in {path}, found {lowest if lowest < IGNORE else highest}; "
                f"correct the mask or --num-class ({INSPECT})."
            )
        return labels.astype(np.int32)


def merge(masks: Sequence["NDArray[np.int32]"]) -> "NDArray[np.int32]":
    """The labels of several persons in one picture: a pixel is the first's that covers it."""
    merged = masks[0]
    for labels in masks[1:]:
        np.copyto(merged, labels, where=merged == 0)
    return merged


def _without(index: DatasetIndex, positions: List[int], what: str) -> str:
    others = f" and {len(positions) - 1} more" if len(positions) > 1 else ""
    wanted = f"every entry of {' and '.join(index.lists)}" if index.lists else "every image"
    return (
        f"Expected {what} in {index.root} and the like for {wanted}, found none for "
        f"{index.entries[positions[0]]}{others}; restore the files or take the entries off the list ({INSPECT})."
    )
