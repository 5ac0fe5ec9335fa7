"""Gray images among coloured ones: give them the mean chroma of the colour images ("add RGB to gray").

In YCbCr a gray image keeps its Y and gets one Cb and one Cr, the means over the colour images of a split.
"""

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Optional, Tuple

import numpy as np
import PIL
from PIL import Image

from nanhunt.data.cache import read_cache, write_cache
from nanhunt.data.index import DatasetIndex
from nanhunt.data.pictures import strict_decoding
from nanhunt.errors import DataError

GRAY_MODES = ("1", "L", "LA", "La")
NEUTRAL = 128
"""Cb and Cr of a gray pixel."""


class Chroma(NamedTuple):
    """Cb and Cr, 0 to 255, 128 is gray."""

    cb: int
    cr: int


def is_gray(picture: Image.Image) -> bool:
    """Whether a picture has one channel, or three that are equal."""
    if picture.mode in GRAY_MODES:
        return True
    if picture.mode != "RGB":
        return False
    red, green, blue = (band.tobytes() for band in picture.split())
    return red == green == blue


def tinted(picture: Image.Image, chroma: Chroma) -> Image.Image:
    """A gray picture in RGB with a chroma."""
    luma = picture.convert("L")
    planes = (luma, Image.new("L", luma.size, chroma.cb), Image.new("L", luma.size, chroma.cr))
    return Image.merge("YCbCr", planes).convert("RGB")


def mean_chroma(index: DatasetIndex, jobs: int = 1) -> Chroma:
    """The mean over the colour images of a split, each image counting the same; files that cannot be read do not count.

    JPEG files are decoded at an eighth of their size. The result is kept until a file's name, size or time changes.

    Raises:
        DataError: there is no colour image.
    """
    key = _fingerprint(index)
    kept = read_cache("chroma", key)
    if kept is not None:
        return Chroma(*json.loads(kept.decode()))
    paths = [os.path.join(index.folder, index.image_name(position)) for position in range(len(index))]
    with ThreadPoolExecutor(jobs) as executor:
        found = [each for each in executor.map(_chroma_of, paths) if each is not None]
    if not found:
        raise DataError(f"Expected colour images in {index.root} for --gray chroma, found none; take --gray replicate.")
    cb, cr = (int(round(float(value))) for value in np.mean(np.array(found), axis=0))
    write_cache("chroma", key, json.dumps([cb, cr]).encode())
    return Chroma(cb, cr)


def _chroma_of(path: str) -> Optional[Tuple[float, float]]:
    """Mean (Cb, Cr) of an image; None if it is gray or cannot be read."""
    try:
        with strict_decoding(), Image.open(path) as opened:
            opened.draft("YCbCr", (max(1, opened.width // 8), max(1, opened.height // 8)))
            picture = opened if opened.mode == "YCbCr" else opened.convert("RGB").convert("YCbCr")
            planes = np.array(picture)[..., 1:]
    except Exception:  # damaged bytes make the decoders raise nearly anything; training will name the file
        return None
    if (planes == NEUTRAL).all():
        return None
    cb, cr = planes.reshape(-1, 2).mean(axis=0)
    return float(cb), float(cr)


def _fingerprint(index: DatasetIndex) -> str:
    digest = hashlib.sha256(f"{PIL.__version__} {os.path.abspath(index.folder)}".encode())
    for position in range(len(index)):
        name = index.image_name(position)
        try:
            status = os.stat(os.path.join(index.folder, name))
        except OSError:
            continue
        digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
