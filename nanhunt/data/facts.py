"""What inspection learns about one sample by decoding its files once: plain facts for the checks to judge."""

import hashlib
import io
import os
import warnings
from dataclasses import dataclass
from types import MappingProxyType
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
from PIL import Image

from nanhunt.data.crops import CropFacts, Cropper
from nanhunt.data.fingerprint import Look, look_of
from nanhunt.data.index import DatasetIndex, MaskFile
from nanhunt.data.overlaps import Overlap, PersonMask, RunFinder, merge_counts
from nanhunt.data.pictures import EIGHT_BIT_MODES, LABEL_MODES, damage_of, label_array, open_file, strict_decoding
from nanhunt.errors import DataError

ORIENTATION = 0x0112
"""The EXIF tag that says how a picture is to be turned before it is shown; 1 is as it lies."""

SMALL = 32, 32
"""A JPEG is decoded at the smallest of its own scales that is no smaller than this: its whole stream is read, so that damage
shows as in a full decode, and the perceptual hash needs no more."""


class PictureFacts(NamedTuple):
    """One image or mask file.

    Attributes:
        path: as counted from the dataset's root.
        damage: why it could not be decoded; None where it could, and only then does the rest hold.
        mode: Pillow's name for channels and depth, such as `RGB`, `L`, `I;16`, `F`.
        size: (width, height) in pixels, as stored.
        format: Pillow's name of the file format, such as `JPEG`; empty where the picture came from no file of its own.
        orientation: EXIF's, 1 to 8; 1 where there is none.
        nonfinite: NaN and Inf pixels, which only a picture of floating point numbers can hold.
        digest: of the file's bytes; images only.
        look: of images of 8 bits.
        pixels: pixels by label, of masks with one channel.
    """

    path: str
    damage: Optional[str] = None
    mode: str = ""
    size: Tuple[int, int] = (0, 0)
    format: str = ""
    orientation: int = 1
    nonfinite: int = 0
    digest: bytes = b""
    look: Optional[Look] = None
    pixels: Mapping[int, int] = MappingProxyType({})


@dataclass(frozen=True)
class SampleFacts:
    """One list entry with its files.

    Attributes:
        index: place in the split.
        entry: its name in the list.
        split: the one it belongs to.
        image_name: the image file as counted from the dataset's root, there or not.
        mask_pattern: where its masks were looked for.
        image: None where there is no such file.
        masks: in the order of their persons.
        overlap: of several masks of one size; None otherwise.
        merged: pixels by label with the masks merged, a pixel that two persons claim counted for the first.
        crops: what the training transform made of it; None where it was not tried.
    """

    index: int
    entry: str
    split: str
    image_name: str
    mask_pattern: str
    image: Optional[PictureFacts]
    masks: Tuple[Tuple[MaskFile, PictureFacts], ...]
    overlap: Optional[Overlap]
    merged: Mapping[int, int]
    crops: Optional[CropFacts]


_Masks = Tuple[Tuple[Tuple[MaskFile, PictureFacts], ...], Optional[Overlap], Mapping[int, int]]
"""Of one entry: the masks, what they share, and pixels by label, merged."""


class Gatherer:
    """Learns the facts of entries of one index; one a process, used by one thread."""

    def __init__(self, index: DatasetIndex, cropper: Optional[Cropper] = None) -> None:
        self.index = index
        self.cropper = cropper
        self._runs = RunFinder()
        self._entries = index.entries  # some indexes make it anew each time
        ramp = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))
        self._label_of_byte = [int(label) for label in index.labels(ramp).ravel()]

    def gather(self, positions: Sequence[int]) -> List[SampleFacts]:
        """Decode images and masks of some entries; whatever is wrong with them becomes a fact.

        First all images, then all masks: by turns, each would find the processor's caches full of what the other needs, and
        take a twentieth longer.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow's size limit: a check of its own reports it
            with strict_decoding():
                images = [self._image(position) for position in positions]
            masks = [self._masks(position) for position in positions]
        return [self._facts(*each) for each in zip(positions, images, masks)]

    def _facts(self, position: int, image: Optional[PictureFacts], masks: _Masks) -> SampleFacts:
        index = self.index
        sound = image is not None and image.damage is None
        crops = self.cropper.crops(position) if self.cropper is not None and sound else None
        names = self._entries[position], index.split_of(position), index.image_name(position), index.mask_pattern(position)
        return SampleFacts(position, *names, image, *masks, crops)

    def _image(self, position: int) -> Optional[PictureFacts]:
        if not self.index.has_image(position):
            return None
        name = self.index.image_name(position)
        return _image_facts(os.path.join(self.index.folder, name), name)

    def _masks(self, position: int) -> _Masks:
        """Facts, overlap and merged labels of the masks of one entry."""
        files = self.index.masks(position)
        opened = [self._open(position, mask) for mask in files]
        pictures = [each for each in opened if not isinstance(each, str) and each.mode in ("L", "P")]
        overlap: Optional[Overlap] = None
        merged: Mapping[int, int] = {}
        counted: Sequence[Mapping[int, int]]
        if len(files) > 1 and len(pictures) == len(files) and len({picture.size for picture in pictures}) == 1:
            labels = [label_array(picture) for picture in pictures]
            persons = [PersonMask(mask.person, each, self._runs.find(each)) for mask, each in zip(files, labels)]
            overlap, merged, counted = merge_counts(persons)
        else:
            counted = [self._count(each) for each in opened]
            merged = counted[0] if len(counted) == 1 else {}
        facts = [_mask_facts(mask.path, each, pixels) for mask, each, pixels in zip(files, opened, counted)]
        return tuple(zip(files, facts)), overlap, merged

    def _open(self, position: int, mask: MaskFile) -> Union[Image.Image, str]:
        """The mask; what is wrong with it where it cannot be decoded."""
        try:
            return self.index.mask_picture(position, mask)
        except DataError as error:
            return damage_of(error)

    def _count(self, picture: Union[Image.Image, str]) -> Mapping[int, int]:
        """Pixels by label; none of what cannot hold labels."""
        if isinstance(picture, str) or picture.mode not in LABEL_MODES:
            return {}
        if picture.mode not in ("L", "P"):
            values, counts = np.unique(self.index.labels(picture), return_counts=True)
            return {int(label): int(count) for label, count in zip(values, counts)}
        pixels: Dict[int, int] = {}
        for value, count in self._runs.find(label_array(picture)).pixels().items():
            label = self._label_of_byte[value]
            pixels[label] = pixels.get(label, 0) + count
        return pixels


def _mask_facts(path: str, opened: Union[Image.Image, str], pixels: Mapping[int, int]) -> PictureFacts:
    if isinstance(opened, str):
        return PictureFacts(path, opened)
    return PictureFacts(path, None, opened.mode, opened.size, opened.format or "", pixels=pixels)


def _image_facts(path: str, name: str) -> PictureFacts:
    try:
        with open_file(path) as file:
            content = file.read()
    except OSError as error:
        return PictureFacts(name, error.strerror or str(error))
    if not content:
        return PictureFacts(name, "an empty file")
    digest = hashlib.sha256(content).digest()
    try:
        picture = Image.open(io.BytesIO(content))
        mode, size, kind = picture.mode, picture.size, picture.format or ""
        orientation = _orientation(picture)
        picture.draft("L", SMALL)
        picture.load()
    except Exception as error:  # damaged bytes make the decoders raise nearly anything
        damaged = DataError(str(error))
        damaged.__cause__ = error
        return PictureFacts(name, damage_of(damaged), digest=digest)
    nonfinite = int(np.count_nonzero(~np.isfinite(np.array(picture)))) if mode == "F" else 0
    look = look_of(picture) if mode in EIGHT_BIT_MODES else None
    return PictureFacts(name, None, mode, size, kind, orientation, nonfinite, digest, look)


def _orientation(picture: Image.Image) -> int:
    if "exif" not in picture.info and picture.format not in ("TIFF", "MPO"):
        return 1
    try:
        value = picture.getexif().get(ORIENTATION, 1)
    except Exception:  # damaged EXIF raises nearly anything, and does not keep the picture from being read
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
