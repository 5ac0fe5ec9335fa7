"""What inspection learns about one sample by decoding its files once: plain facts for the checks to judge."""

import os
from dataclasses import dataclass, field
from typing import Mapping, Optional, Tuple

import numpy as np
from PIL import Image

from nanhunt.data.mhp import MhpIndex, PersonMask
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
        entry: the image's name in the list.
        image: None where there is no such file.
        masks: in the order of their persons.
    """

    index: int
    entry: str
    image: Optional[PictureFacts]
    masks: Tuple[Tuple[PersonMask, PictureFacts], ...]

    @property
    def image_name(self) -> str:
        """The image file as counted from the dataset's root, there or not."""
        return f"images/{self.entry}"


def gather(index: MhpIndex, position: int, num_class: int) -> SampleFacts:
    """Decode image and masks of one entry; whatever is wrong with them becomes a fact. Classes are 0..num_class - 1."""
    entry = index.entries[position]
    image = _image_facts(index, f"images/{entry}") if index.has_image(position) else None
    masks = [(mask, _mask_facts(index, f"annotations/{mask.name}", num_class)) for mask in index.person_masks(position)]
    return SampleFacts(position, entry, image, tuple(masks))


def _image_facts(index: MhpIndex, path: str) -> PictureFacts:
    picture, damage = _decode(index, path)
    if picture is None:
        return PictureFacts(path, damage)
    nonfinite = int(np.count_nonzero(~np.isfinite(np.array(picture)))) if picture.mode == "F" else 0
    return PictureFacts(path, None, picture.mode, picture.size, nonfinite=nonfinite)


def _mask_facts(index: MhpIndex, path: str, num_class: int) -> PictureFacts:
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


def _decode(index: MhpIndex, path: str) -> Tuple[Optional[Image.Image], Optional[str]]:
    """The picture, or what is wrong with it."""
    try:
        return decode(os.path.join(index.folder, path)), None
    except DataError as error:
        return None, damage_of(error)
