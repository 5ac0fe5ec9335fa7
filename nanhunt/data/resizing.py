"""How image and mask are brought to the resolution that the augmentation begins with; both always by the same map."""

from typing import Tuple

from PIL import Image, ImageOps

from nanhunt.data.choices import ASPECT, DIRECT, SHORT_SIDE

VOID = 255
"""IGNORE as a byte: labels go through the augmentation as bytes."""


def resolution(size: Tuple[int, int], side: int, how: str) -> Tuple[int, int]:
    """(width, height) of the picture after the step, without padding."""
    if how == SHORT_SIDE:
        return base_resolution(size, side)
    if how == ASPECT:
        return scaled_resolution(size, side)
    return (side, side) if how == DIRECT else size


def padded(size: Tuple[int, int], side: int, how: str) -> Tuple[int, int]:
    """(width, height) after the step, with what is padded."""
    return (side, side) if how == ASPECT else resolution(size, side, how)


def base_resolution(size: Tuple[int, int], side: int) -> Tuple[int, int]:
    """(width, height) with the short side at `side` and the long side rounded to a multiple of 8."""
    width, height = size
    if height < width:
        return _multiple_of_8(int(1.0 * width * side / height + 0.5)), side
    return side, _multiple_of_8(int(1.0 * height * side / width + 0.5))


def scaled_resolution(size: Tuple[int, int], side: int) -> Tuple[int, int]:
    """(width, height) with the long side at `side` pixels."""
    width, height = size
    if height > width:
        return int(1.0 * width * side / height + 0.5), side
    return side, int(1.0 * height * side / width + 0.5)


def resize(image: Image.Image, mask: Image.Image, size: Tuple[int, int]) -> Tuple[Image.Image, Image.Image]:
    """The image by bilinear interpolation, the mask by the nearest pixel: labels have no values in between."""
    return image.resize(size, Image.Resampling.BILINEAR), mask.resize(size, Image.Resampling.NEAREST)


def pad(image: Image.Image, mask: Image.Image, size: Tuple[int, int], label: int) -> Tuple[Image.Image, Image.Image]:
    """Both with black, and with `label`, on the right and below, up to (width, height)."""
    border = (0, 0, size[0] - image.size[0], size[1] - image.size[1])
    if not any(border):
        return image, mask
    return ImageOps.expand(image, border, fill=0), ImageOps.expand(mask, border, fill=label & 0xFF)


def _multiple_of_8(length: int) -> int:
    return length if length % 8 == 0 else round(length / 8) * 8
