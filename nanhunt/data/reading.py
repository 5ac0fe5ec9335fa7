"""Read the samples that an index finds: image and labels decoded, checked, and the masks of one image merged."""

import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, List, Optional, Tuple

import numpy as np
from PIL import Image

from nanhunt.data.choices import FIRST
from nanhunt.data.gray import Chroma, is_gray, tinted
from nanhunt.data.index import IGNORE, DatasetIndex
from nanhunt.data.merging import merge
from nanhunt.data.pictures import INSPECT, LABEL_MODES, file_crc, read_image, rgb
from nanhunt.data.samples import RawSample, SegmentationDataset
from nanhunt.errors import DataError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CLASSES = 255
"""Labels travel through the augmentation as bytes, and one byte stands for IGNORE."""


@dataclass(frozen=True)
class Steps:
    """What is done to a sample when it is read; the defaults are the baseline.

    Attributes:
        chroma: given to gray images; None leaves them gray, their channel three times.
        overlap: whose a pixel is that several persons cover; see `nanhunt.data.merging.merge`.
        boundary: width in pixels of what is IGNORE on each side of a border between labels; 0 is none.
    """

    chroma: Optional[Chroma] = None
    overlap: str = FIRST
    boundary: int = 0


class IndexedDataset(SegmentationDataset):
    """The dataset behind any index.

    The masks of an image are merged in the order of the index, which for LV-MHP-v1 is that of person ids. (GluonCV merges in
    `os.listdir` order, so that its labels depend on the machine.)

    Args:
        index: the files.
        num_class: labels from here up are refused; None is as many as the dataset has.
        name: what the dataset is called in messages and reports; None is the index's own name.
        steps: what is done to a sample when it is read.
    """

    def __init__(
        self, index: DatasetIndex, num_class: Optional[int] = None, name: Optional[str] = None, steps: Optional[Steps] = None
    ) -> None:
        known = index.classes
        count = len(known) if num_class is None else num_class
        if not 2 <= count <= MOST_CLASSES:
            raise UsageError(f"Expected between 2 and {MOST_CLASSES} classes, found --num-class {count}.")
        self.index = index
        self.steps = Steps() if steps is None else steps
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
        picture = read_image(path)
        image = rgb(tinted(picture, self.steps.chroma) if self.steps.chroma is not None and is_gray(picture) else picture)
        files = [(self.index.image_name(index), file_crc(path))]
        labels = []
        for mask in masks:
            drawn = self.index.mask_picture(index, mask)
            labels.append(self._labels(drawn, mask.path, path, image.shape[:2]))
            mask_path = os.path.join(self.index.folder, mask.path)
            files.append((mask.path, file_crc(mask_path) if os.path.isfile(mask_path) else zlib.crc32(drawn.tobytes())))
        merged = merge(labels, self.steps.overlap, self.steps.boundary)
        mask_paths = tuple(self.root / mask.path for mask in masks)
        return RawSample(image, merged, index, path, mask_paths, self.index.padding, tuple(files))

    def _labels(self, picture: Image.Image, name: str, image: Path, shape: Tuple[int, ...]) -> "NDArray[np.int32]":
        """One mask as class ids, of the image's size."""
        path = os.path.join(self.index.folder, name)
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


def _without(index: DatasetIndex, positions: List[int], what: str) -> str:
    others = f" and {len(positions) - 1} more" if len(positions) > 1 else ""
    wanted = f"every entry of {' and '.join(index.lists)}" if index.lists else "every image"
    return (
        f"Expected {what} in {index.root} and the like for {wanted}, found none for "
        f"{index.entries[positions[0]]}{others}; restore the files or take the entries off the list ({INSPECT})."
    )
