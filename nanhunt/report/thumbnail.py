"""Small pictures of a dataset's images with their masks over them, as addresses that hold the picture itself."""

import base64
import io
import os
from dataclasses import dataclass
from typing import Iterator, Optional, Tuple

import numpy as np
from PIL import Image

from nanhunt.data.checks import Problem
from nanhunt.data.index import IGNORE, DatasetIndex, MaskFile
from nanhunt.data.pictures import EIGHT_BIT_MODES, LABEL_MODES, decode
from nanhunt.errors import DataError
from nanhunt.report.picture import coloured

SIDE = 224
"""Pixels of the longer side."""


@dataclass(frozen=True)
class Thumbnail:
    """One picture.

    Attributes:
        name: the image file, and the split it is in.
        size: (width, height) in pixels, of the thumbnail.
        image: as an address; None where it cannot be shown.
        labels: colours by class, transparent where there is background, as an address; None where there are none.
    """

    name: str
    size: Tuple[int, int]
    image: Optional[str]
    labels: Optional[str]


class Thumbnails:
    """Draws them from the files of an index."""

    def __init__(self, index: DatasetIndex) -> None:
        self._index = index

    def of(self, problem: Problem) -> Iterator[Thumbnail]:
        """What a problem is about: a mask by itself where its path names one, both pictures where there are two."""
        for position in (problem.sample, problem.other):
            if position is not None:
                drawn = self._draw(position, problem.path)
                if drawn is not None:
                    yield drawn

    def _draw(self, position: int, path: str) -> Optional[Thumbnail]:
        index = self._index
        name = index.image_name(position)
        image = self._image(name) if index.has_image(position) else None
        masks = index.masks(position)
        chosen = [mask for mask in masks if mask.path == path] or masks
        size = image.size if image is not None else None
        labels: Optional[Image.Image] = None
        for mask in reversed(chosen):  # the first person on top, as they are merged
            drawn = self._labels(position, mask, size)
            if drawn is not None:
                labels = drawn if labels is None else Image.alpha_composite(labels.resize(drawn.size), drawn)
        if image is None and labels is None:
            return None
        shown = size if size is not None else labels.size  # type: ignore[union-attr]
        address = None if image is None else _address(image, "JPEG", quality=75)
        overlay = None if labels is None else _address(labels, "PNG", optimize=True)
        return Thumbnail(f"{name} ({index.split_of(position)})", shown, address, overlay)

    def _image(self, name: str) -> Optional[Image.Image]:
        try:
            picture = decode(os.path.join(self._index.folder, name))
        except DataError:
            return None
        if picture.mode not in EIGHT_BIT_MODES:
            pixels = np.nan_to_num(np.array(picture, dtype=np.float64)).clip(-1e30, 1e30)
            spread = max(pixels.max() - pixels.min(), 1e-30)
            picture = Image.fromarray(((pixels - pixels.min()) / spread * 255).astype(np.uint8))
        return _fitted(picture.convert("RGB"), Image.Resampling.BILINEAR)

    def _labels(self, position: int, mask: MaskFile, size: Optional[Tuple[int, int]]) -> Optional[Image.Image]:
        try:
            picture = self._index.mask_picture(position, mask)
        except DataError:
            return None
        if picture.mode not in LABEL_MODES:
            return None
        labels = np.asarray(self._index.labels(picture)).astype(np.int64)
        small = _fitted(Image.fromarray(labels.astype(np.int32)), Image.Resampling.NEAREST)
        colours = coloured(np.where(np.asarray(small) == IGNORE, 250, np.asarray(small)))
        drawn = Image.fromarray(colours)
        return drawn if size is None else drawn.resize(size, Image.Resampling.NEAREST)


def _fitted(picture: Image.Image, resample: Image.Resampling) -> Image.Image:
    scale = min(1.0, SIDE / max(picture.size))
    size = tuple(max(1, round(side * scale)) for side in picture.size)
    return picture if scale == 1.0 else picture.resize((size[0], size[1]), resample)


def _address(picture: Image.Image, kind: str, **options: int) -> str:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
