"""Masks as nearly all are, PNG files of one channel and eight bits, decoded by libspng in half the time that Pillow takes.

What libspng refuses, and whatever else there is, goes to Pillow, which has the last word on damage. libspng looks at no
checksum here, so those of all parts of the file are compared first: a file that Pillow refuses is refused. The one difference
is a stream whose parts have right checksums and whose own is wrong, which no accident leaves behind.
"""

import os
import zlib
from struct import unpack
from typing import IO, TYPE_CHECKING, Optional

from PIL import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

try:
    import pyspng
except ImportError:  # the extra `png`; no NumPy fits, or no wheel
    pyspng = None

_HEAD = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
_GRAY = b"\x08\0\0\0\0"
"""Eight bits, one channel that is no palette, the only compression and filters that there are, not interlaced."""

_TAIL = b"\0\0\0\0IEND\xaeB`\x82"
_OVERHEAD = 1 << 16
"""Bytes that a file may have beyond one a pixel; a larger one is not read for this."""


def gray_png(file: IO[bytes]) -> Optional[Image.Image]:
    """The picture, of mode L; None where Pillow is to decode the file, which then stands at its beginning.

    Args:
        file: at its beginning.
    """
    head = file.read(29) if pyspng is not None else b""
    if head.startswith(_HEAD) and head[24:] == _GRAY:
        width, height = unpack(">II", head[16:24])
        if 0 < width * height <= (Image.MAX_IMAGE_PIXELS or 0):
            content = _content(file, width * height + _OVERHEAD)
            if content.endswith(_TAIL) and _whole(content):
                picture = _decoded(content, width, height)
                if picture is not None:
                    return picture
    file.seek(0)
    return None


def pixels_of(picture: Image.Image) -> "Optional[NDArray[np.uint8]]":
    """The pixels of what `gray_png` gave, (H, W), not to be written into, and not copied as Pillow would; None of any other."""
    memory, pixels = getattr(picture, _PIXELS, (None, None))
    return pixels if memory is picture.im else None  # what changes a picture gives it other memory


_PIXELS = "_nanhunt_pixels"


def _content(file: IO[bytes], most: int) -> bytes:
    """All of the file; empty if that is too much. To ask for `most` bytes at once takes memory for as many, which is slow."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return file.read(size) if size <= most else b""


def _whole(content: bytes) -> bool:
    """Whether there is nothing but header, pixels and end, each with the checksum that it says."""
    view = memoryview(content)
    place, last = 8, len(content) - len(_TAIL)
    while place < last:
        end = place + 8 + int.from_bytes(content[place : place + 4], "big")
        if content[place + 4 : place + 8] not in (b"IHDR", b"IDAT") or end + 4 > last:
            return False
        if zlib.crc32(view[place + 4 : end]) != int.from_bytes(content[end : end + 4], "big"):
            return False
        place = end + 4
    return place == last


def _decoded(content: bytes, width: int, height: int) -> Optional[Image.Image]:
    try:
        pixels = pyspng.load(content)
    except Exception:  # in whatever words: Pillow will say
        return None
    if pixels.shape != (height, width):
        return None
    picture = Image.frombuffer("L", (width, height), pixels, "raw", "L", 0, 1)
    picture.format = "PNG"
    pixels.flags.writeable = False
    setattr(picture, _PIXELS, (picture.im, pixels))
    return picture
