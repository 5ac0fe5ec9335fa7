"""GluonCV's segmentation augmentation with every random choice drawn beforehand, written down, and repeatable.

The steps, their order and their arithmetic are by default those of gluoncv 0.7, `MHPV1Segmentation.__getitem__` and
`SegmentationDataset._sync_transform` / `_val_sync_transform`; there the choices come from the unseeded
`random` state of each worker.
"""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Dict, Mapping, Tuple, Union

import numpy as np
from PIL import Image, ImageFilter

from nanhunt.data.choices import NONE, SHORT_SIDE, check_resize
from nanhunt.data.index import IGNORE
from nanhunt.data.resizing import (
    VOID,
    pad,
    padded,
    resize,
    resolution,
    scaled_resolution,
)
from nanhunt.data.samples import RawSample
from nanhunt.errors import DataError, UsageError

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
        base_size: pixels that `resize` goes by.
        crop_size: pixels of both sides of the result.
        resize: the step before the augmentation, one of RESIZES.
        crop: cut crop_size x crop_size out of the picture; else the whole picture is brought to that size at once, by `resize`.

    Raises:
        UsageError: a size that leaves no picture, or no way to a square without cutting.
    """

    def __init__(self, base_size: int = 520, crop_size: int = 480, resize: str = SHORT_SIDE, crop: bool = True) -> None:
        if base_size < 8 or crop_size < 1:
            raise UsageError(
                f"Expected --base-size of 8 or more and --crop-size of 1 or more, found {base_size} and {crop_size}."
            )
        check_resize(resize, crop)
        self.base_size = base_size
        self.crop_size = crop_size
        self.resize = resize
        self.crop = crop

    @abstractmethod
    def draw(self, raw: RawSample, seed: int, epoch: int) -> Dict[str, Union[int, float]]:
        """The random choices for this sample in this epoch, from nothing but seed, epoch, the sample's index and its size."""

    @abstractmethod
    def apply(self, raw: RawSample, draws: Draws) -> Tuple["NDArray[np.float32]", "NDArray[np.int32]"]:
        """Transform a sample with choices drawn before: data float32 (3, crop, crop) and label int32 (crop, crop)."""

    def _cut(self, image: Image.Image, mask: Image.Image, x: int, y: int) -> Tuple[Image.Image, Image.Image]:
        box = (x, y, x + self.crop_size, y + self.crop_size)
        return image.crop(box), mask.crop(box)

    @property
    def _side(self) -> int:
        return self.base_size if self.crop else self.crop_size

    def _aligned(self, raw: RawSample) -> Tuple[Image.Image, Image.Image]:
        """Image and mask at the resolution that the augmentation begins with. The two may differ before."""
        image, mask = Image.fromarray(raw.image), Image.fromarray(raw.mask.astype(np.uint8))  # IGNORE becomes VOID
        size = resolution(image.size, self._side, self.resize)
        if self.resize != NONE or mask.size != size:
            image, mask = _resized(raw, image, mask, size)
        return pad(image, mask, padded(image.size, self._side, self.resize), raw.padding)


class TrainTransform(Transform):
    """Mirror, scale, crop and blur at random.

    Draws: `mirror` 0 or 1; `long_size` pixels of the long side, half to twice base_size; `x`, `y` the crop's corner (these
    three only where there is a crop); `blur` radius in pixels, 0 for none.
    """

    def draw(self, raw: RawSample, seed: int, epoch: int) -> Dict[str, Union[int, float]]:
        random = sample_random(seed, epoch, raw.index)
        draws: Dict[str, Union[int, float]] = {"mirror": int(random.random_sample() < 0.5)}
        if self.crop:
            long_size = _integer(random, int(self.base_size * 0.5), int(self.base_size * 2.0))
            size = raw.image.shape[1], raw.image.shape[0]
            whole = padded(size, self.base_size, self.resize)
            width, height = scaled_resolution(whole, long_size)
            inner = resolution(size, self.base_size, self.resize)  # of `whole`, the rest is padding
            inner_width, inner_height = inner[0] * width // whole[0], inner[1] * height // whole[1]
            left = width - inner_width if draws["mirror"] else 0
            x = _integer(random, *self._corners(left, left + inner_width, width))
            y = _integer(random, *self._corners(0, inner_height, height))
            draws.update(long_size=long_size, x=x, y=y)
        blurred = random.random_sample() < 0.5
        radius = float(random.random_sample())
        draws["blur"] = radius if blurred else 0.0
        return draws

    def _corners(self, first: int, end: int, length: int) -> Tuple[int, int]:
        """Lowest and highest corner of a crop along a side on which the picture takes `first` to `end`, the rest being padding:
        it lies within the picture, or the picture within it."""
        edges = first, end - self.crop_size
        return max(min(edges), 0), min(max(edges), max(length - self.crop_size, 0))

    def apply(self, raw: RawSample, draws: Draws) -> Tuple["NDArray[np.float32]", "NDArray[np.int32]"]:
        image, mask = self._aligned(raw)
        if draws["mirror"]:
            image, mask = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), mask.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if self.crop:
            size = scaled_resolution(image.size, int(draws["long_size"]))
            image, mask = _resized(raw, image, mask, size)
            least = (max(size[0], self.crop_size), max(size[1], self.crop_size))
            image, mask = pad(image, mask, least, raw.padding)
            image, mask = self._cut(image, mask, int(draws["x"]), int(draws["y"]))
        if draws["blur"]:
            image = image.filter(ImageFilter.GaussianBlur(radius=float(draws["blur"])))
        return _arrays(image, mask, raw.mask.dtype != np.uint8)


class ValTransform(Transform):
    """Scale the short side to crop_size and cut the middle; nothing is drawn."""

    def draw(self, raw: RawSample, seed: int, epoch: int) -> Dict[str, Union[int, float]]:
        return {}

    def apply(self, raw: RawSample, draws: Draws) -> Tuple["NDArray[np.float32]", "NDArray[np.int32]"]:
        image, mask = self._aligned(raw)
        if self.crop:
            crop = self.crop_size
            width, height = image.size
            size = (int(1.0 * width * crop / height), crop) if width > height else (crop, int(1.0 * height * crop / width))
            image, mask = _resized(raw, image, mask, size)
            image, mask = self._cut(image, mask, round((size[0] - crop) / 2.0), round((size[1] - crop) / 2.0))
        return _arrays(image, mask, raw.mask.dtype != np.uint8)


def _resized(raw: RawSample, image: Image.Image, mask: Image.Image, size: Tuple[int, int]) -> Tuple[Image.Image, Image.Image]:
    if min(size) < 1:
        raise DataError(
            "Expected a picture that keeps a pixel of each side, found {} of {}x{}, to be scaled to {}x{}; cut it, raise "
            "--base-size, or leave it out with --skip.".format(raw.path, *raw.image.shape[1::-1], *size)
        )
    return resize(image, mask, size)


def _arrays(image: Image.Image, mask: Image.Image, ignores: bool) -> Tuple["NDArray[np.float32]", "NDArray[np.int32]"]:
    pixels = np.array(image)
    data = np.empty((3,) + pixels.shape[:2], dtype=np.float32)
    for channel in range(3):
        data[channel] = NORMALISED[channel].take(pixels[:, :, channel])
    label = np.array(mask, dtype=np.int32)
    if ignores:
        label[label == VOID] = IGNORE
    return data, label
