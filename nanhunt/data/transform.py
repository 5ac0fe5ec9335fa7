"""GluonCV's segmentation augmentation with every random choice drawn beforehand, written down, and repeatable.

The steps, their order and their arithmetic are those of gluoncv 0.7, `MHPV1Segmentation.__getitem__` and
`SegmentationDataset._sync_transform` / `_val_sync_transform`; there the choices come from the unseeded
`random` state of each worker.
"""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Dict, Mapping, Tuple, Union

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from nanhunt.data.samples import RawSample
from nanhunt.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Draws = Mapping[str, Union[int, float]]
"""The random choices of one sample as plain JSON numbers."""

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def _normalised_values() -> "NDArray[np.float32]":
    values = np.arange(256, dtype=np.float32) / np.float32(255)
    mean, std = np.array(MEAN, dtype=np.float32), np.array(STD, dtype=np.float32)
    table: NDArray[np.float32] = (values[None, :] - mean[:, None]) / std[:, None]
    return table


NORMALISED = _normalised_values()
"""float32 (3, 256): what a byte of each channel becomes, (v / 255 - mean) / std. All that a transform can put in `data`."""


def sample_random(seed: int, epoch: int, index: int) -> np.random.RandomState:
    """The source of one sample's choices in one epoch: independent of worker, order and everything before."""
    return np.random.RandomState([seed, epoch, index])


def _integer(random: np.random.RandomState, low: int, high: int) -> int:
    """A whole number in low..high, both included. Not `randint`: its stream depends on the platform's `long`."""
    return low + int(random.random_sample() * (high - low + 1))


class Transform(ABC):
    """From a raw sample to what the network is fed.

    Args:
        base_size: pixels of the short side before the augmentation.
        crop_size: pixels of both sides of the result.

    Raises:
        UsageError: a size that leaves no picture.
    """

    def __init__(self, base_size: int = 520, crop_size: int = 480) -> None:
        if base_size < 8 or crop_size < 1:
            raise UsageError(
                f"Expected --base-size of 8 or more and --crop-size of 1 or more, found {base_size} and {crop_size}."
            )
        self.base_size = base_size
        self.crop_size = crop_size

    @abstractmethod
    def draw(self, raw: RawSample, seed: int, epoch: int) -> Dict[str, Union[int, float]]:
        """The random choices for this sample in this epoch, from nothing but seed, epoch, the sample's index and its size."""

    @abstractmethod
    def apply(self, raw: RawSample, draws: Draws) -> Tuple["NDArray[np.float32]", "NDArray[np.int32]"]:
        """Transform a sample with choices drawn before: data float32 (3, crop, crop) and label int32 (crop, crop)."""

    def _resized(self, raw: RawSample) -> Tuple[Image.Image, Image.Image]:
        """Image and mask with the short side at base_size and the other at a multiple of 8."""
        size = base_resolution((raw.image.shape[1], raw.image.shape[0]), self.base_size)
        mask = Image.fromarray(raw.mask.astype(np.uint8))
        return Image.fromarray(raw.image).resize(size, Image.Resampling.BILINEAR), mask.resize(size, Image.Resampling.NEAREST)


class TrainTransform(Transform):
    """Mirror, scale, crop and blur at random.

    Draws: `mirror` 0 or 1; `long_size` pixels of the long side, half to twice base_size; `x`, `y` the crop's corner; `blur`
    radius in pixels, 0 for none.
    """

    def draw(self, raw: RawSample, seed: int, epoch: int) -> Dict[str, Union[int, float]]:
        random = sample_random(seed, epoch, raw.index)
        mirror = int(random.random_sample() < 0.5)
        long_size = _integer(random, int(self.base_size * 0.5), int(self.base_size * 2.0))
        size = base_resolution((raw.image.shape[1], raw.image.shape[0]), self.base_size)
        width, height = scaled_resolution(size, long_size)
        x = _integer(random, 0, max(width - self.crop_size, 0))
        y = _integer(random, 0, max(height - self.crop_size, 0))
        blurred = random.random_sample() < 0.5
        radius = float(random.random_sample())
        return {"mirror": mirror, "long_size": long_size, "x": x, "y": y, "blur": radius if blurred else 0.0}

    def apply(self, raw: RawSample, draws: Draws) -> Tuple["NDArray[np.float32]", "NDArray[np.int32]"]:
        image, mask = self._resized(raw)
        if draws["mirror"]:
            image, mask = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), mask.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        size = scaled_resolution(image.size, int(draws["long_size"]))
        image, mask = image.resize(size, Image.Resampling.BILINEAR), mask.resize(size, Image.Resampling.NEAREST)
        border = (0, 0, max(self.crop_size - size[0], 0), max(self.crop_size - size[1], 0))
        if any(border):
            image, mask = ImageOps.expand(image, border, fill=0), ImageOps.expand(mask, border, fill=0)
        x, y = int(draws["x"]), int(draws["y"])
        box = (x, y, x + self.crop_size, y + self.crop_size)
        image, mask = image.crop(box), mask.crop(box)
        if draws["blur"]:
            image = image.filter(ImageFilter.GaussianBlur(radius=float(draws["blur"])))
        return _arrays(image, mask)


class ValTransform(Transform):
    """Scale the short side to crop_size and cut the middle; nothing is drawn."""

    def draw(self, raw: RawSample, seed: int, epoch: int) -> Dict[str, Union[int, float]]:
        return {}

    def apply(self, raw: RawSample, draws: Draws) -> Tuple["NDArray[np.float32]", "NDArray[np.int32]"]:
        image, mask = self._resized(raw)
        crop = self.crop_size
        width, height = image.size
        size = (int(1.0 * width * crop / height), crop) if width > height else (crop, int(1.0 * height * crop / width))
        image, mask = image.resize(size, Image.Resampling.BILINEAR), mask.resize(size, Image.Resampling.NEAREST)
        x, y = round((size[0] - crop) / 2.0), round((size[1] - crop) / 2.0)
        box = (x, y, x + crop, y + crop)
        return _arrays(image.crop(box), mask.crop(box))


def base_resolution(size: Tuple[int, int], base_size: int) -> Tuple[int, int]:
    """(width, height) with the short side at `base_size` and the long side rounded to a multiple of 8."""
    width, height = size
    if height < width:
        return _multiple_of_8(int(1.0 * width * base_size / height + 0.5)), base_size
    return base_size, _multiple_of_8(int(1.0 * height * base_size / width + 0.5))


def scaled_resolution(size: Tuple[int, int], long_size: int) -> Tuple[int, int]:
    """(width, height) with the long side at `long_size` pixels."""
    width, height = size
    if height > width:
        return int(1.0 * width * long_size / height + 0.5), long_size
    return long_size, int(1.0 * height * long_size / width + 0.5)


def _multiple_of_8(length: int) -> int:
    return length if length % 8 == 0 else round(length / 8) * 8


def _arrays(image: Image.Image, mask: Image.Image) -> Tuple["NDArray[np.float32]", "NDArray[np.int32]"]:
    pixels = np.array(image)
    data = np.empty((3,) + pixels.shape[:2], dtype=np.float32)
    for channel in range(3):
        data[channel] = NORMALISED[channel].take(pixels[:, :, channel])
    return data, np.array(mask, dtype=np.int32)
