"""What inspection learns about one sample by decoding its files once: plain facts for the checks to judge."""

import os
from dataclasses import dataclass, field
from typing import Mapping, Optional, Tuple

import numpy as np
from PIL import Image

from nanhunt.data.index import DatasetIndex, MaskFile
from nanhunt.data.pictures import LABEL_MODES, damage_of, decode, label_array
from nanhunt.errors import DataError


@dataclass(frozen=True)
class PictureFacts:
    """One image or mask file.

    Attributes:
        path: as counted from the dataset's root.
        damage: why it could not be decoded; None where it could, and only then does the rest hold.
        mode: Pillow's name for channels and depth, such as `RGB`, `L`, `I;16`, `F`.
        size: (width, height) in pixels.
        labels: (lowest, highest) of a mask with one channel; None otherwise.
        outside: pixels by label, of the labels that are no class.
        nonfinite: NaN and Inf pixels, which only a picture of floating point numbers can hold.
    """

    path: str
    damage: Optional[str] = None
    mode: str = ""
    size: Tuple[int, int] = (0, 0)
    labels: Optional[Tuple[int, int]] = None
    outside: Mapping[int, int] = field(default_factory=dict)
    nonfinite: int = 0


@dataclass(frozen=True)
class SampleFacts:
    """One list entry with its files.

    Attributes:
        index: place in the split.
        entry: its name in the list.
        image_name: the image file as counted from the dataset's root, there or not.
        mask_pattern: where its masks were looked for.
        image: None where there is no such file.
        masks: in the order of their persons.
    """

    index: int
    entry: str
    image_name: str
    mask_pattern: str
    image: Optional[PictureFacts]
    masks: Tuple[Tuple[MaskFile, PictureFacts], ...]


def gather(index: DatasetIndex, position: int, num_class: int) -> SampleFacts:
    """Decode image and masks of one entry; whatever is wrong with them becomes a fact. Classes are 0..num_class - 1."""
    image_name = index.image_name(position)
    image = _image_facts(index, image_name) if index.has_image(position) else None
    masks = tuple((mask, _mask_facts(index, mask.path, num_class)) for mask in index.masks(position))
    return SampleFacts(position, index.entries[position], image_name, index.mask_pattern(position), image, masks)


def _image_facts(index: DatasetIndex, path: str) -> PictureFacts:
    picture, damage = _decode(index, path)
    if picture is None:
        return PictureFacts(path, damage)
    nonfinite = int(np.count_nonzero(~np.isfinite(np.array(picture)))) if picture.mode == "F" else 0
    return PictureFacts(path, None, picture.mode, picture.size, nonfinite=nonfinite)


def _mask_facts(index: DatasetIndex, path: str, num_class: int) -> PictureFacts:
    picture, damage = _decode(index, path)
    if picture is None:
        return PictureFacts(path, damage)
    if picture.mode not in LABEL_MODES:
        return PictureFacts(path, None, picture.mode, picture.size)
    labels = label_array(picture)
    extremes = 0 if labels.dtype == np.uint8 else int(labels.min()), int(labels.max())
    outside: Mapping[int, int] = {}
    if extremes[0] < 0 or extremes[1] >= num_class:
        values, pixels = np.unique(labels[(labels < 0) | (labels >= num_class)], return_counts=True)
        outside = {int(label): int(count) for label, count in zip(values, pixels)}
    return PictureFacts(path, None, picture.mode, picture.size, extremes, outside)


def _decode(index: DatasetIndex, path: str) -> Tuple[Optional[Image.Image], Optional[str]]:
    """The picture, or what is wrong with it."""
    try:
        return decode(os.path.join(index.folder, path)), None
    except DataError as error:
        return None, damage_of(error)
