"""Decode image and mask files, refusing whatever is cut short, damaged or not eight bits deep."""

import errno
import io
import os
import stat
import threading
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Union

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from nanhunt.data.png import gray_png, pixels_of
from nanhunt.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

EIGHT_BIT_MODES = frozenset(("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "LAB", "HSV"))
"""Pillow's modes that become RGB without losing the range of the values."""

LABEL_MODES = frozenset(("1", "L", "P", "I", "I;16", "I;16L", "I;16B", "I;16N"))
"""Pillow's modes that hold one whole number a pixel."""

INSPECT = "`nanhunt inspect-data` lists every such file"


class _Tolerance:
    """Who decodes how at the moment: Pillow has one setting for the whole process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._outside = False

    def enter(self, tolerant: bool) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._inside == 0 or tolerant == ImageFile.LOAD_TRUNCATED_IMAGES)
            if self._inside == 0:
                self._outside = ImageFile.LOAD_TRUNCATED_IMAGES
                ImageFile.LOAD_TRUNCATED_IMAGES = tolerant
            self._inside += 1

    def leave(self) -> None:
        with self._changed:
            self._inside -= 1
            if self._inside == 0:
                ImageFile.LOAD_TRUNCATED_IMAGES = self._outside
                self._changed.notify_all()


_TOLERANCE = _Tolerance()


@contextmanager
def strict_decoding(tolerant: bool = False) -> Iterator[None]:
    """Make Pillow refuse truncated files in here, whatever the rest of the process has asked for; safe in threads.

    GluonCV sets `ImageFile.LOAD_TRUNCATED_IMAGES` for the whole process when its MHP loader is imported, and from then on a
    file that is cut short decodes to a picture with a gray remainder.

    Args:
        tolerant: make it accept them instead, as GluonCV does.
    """
    _TOLERANCE.enter(tolerant)
    try:
        yield
    finally:
        _TOLERANCE.leave()


def open_file(path: Union[str, Path]) -> io.FileIO:
    """The file, opened for reading, without a buffer; a pipe or device in its place, which may never give anything, is refused.

    Raises:
        OSError: it cannot be opened, or is no file.
    """
    descriptor = os.open(str(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file")
    return io.FileIO(descriptor)


def decode(path: Union[str, Path], tolerant: bool = False) -> Image.Image:
    """The picture in a file, fully decoded, in the file's own mode.

    Args:
        tolerant: accept files that are cut short.

    Raises:
        DataError: the file is missing, cut short, damaged, or no picture; `damage_of` says which in a few words.
    """
    try:
        with open_file(path) as file:
            quickly = None if tolerant else gray_png(file)
            if quickly is not None:
                return quickly
            with strict_decoding(tolerant), Image.open(io.BufferedReader(file)) as opened:
                opened.load()
                picture: Image.Image = opened
                return picture
    except FileNotFoundError as error:
        raise DataError(
            f"Expected a file at {path}, found none; restore it or take its entry off the list ({INSPECT})."
        ) from error
    except (
        Exception
    ) as error:  # damaged bytes make the decoders raise nearly anything: OSError, SyntaxError, struct.error, zlib.error
        message = f"Expected a whole picture in {path}, found a damaged file ({_reason(error)}); restore it ({INSPECT})."
        raise DataError(message) from error


def damage_of(error: DataError) -> str:
    """What `decode` found wrong, without the file's name and without advice."""
    return _reason(error.__cause__ or error)


def _reason(error: BaseException) -> str:
    """The decoder's own words; it names the file at their end, as in `cannot identify image file '...'`."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, UnidentifiedImageError):
        return "no picture format that Pillow knows"
    if isinstance(error, Image.DecompressionBombError):
        return f"more than {2 * (Image.MAX_IMAGE_PIXELS or 0):,} pixels, which Pillow does not open"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def read_image(path: Path) -> Image.Image:
    """An image, decoded, eight bits deep.

    Raises:
        DataError: the file is missing, damaged, or not eight bits deep (clipping would turn it white without a word).
    """
    picture = decode(path)
    if picture.mode not in EIGHT_BIT_MODES:
        raise DataError(
            f"Expected an 8-bit image in {path}, found Pillow mode {picture.mode}; convert it to 8 bits ({INSPECT})."
        )
    return picture


def rgb(picture: Image.Image) -> "NDArray[np.uint8]":
    """The pixels, (H, W, 3); one channel is repeated three times."""
    return np.array(picture if picture.mode == "RGB" else picture.convert("RGB"), dtype=np.uint8)


def file_crc(path: Union[str, Path]) -> int:
    """The CRC-32 of a file's bytes.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with open(str(path), "rb") as opened:
            return zlib.crc32(opened.read())
    except OSError as error:
        raise DataError(f"Expected to read {path}, could not ({_reason(error)}).") from error


def label_array(mask: Image.Image) -> "NDArray[Any]":
    """The labels of a picture in one of LABEL_MODES, (H, W), of its own depth; not to be written into."""
    pixels = pixels_of(mask)
    if pixels is not None:
        return pixels
    if mask.mode in ("L", "P"):  # half the time of np.array
        return np.frombuffer(mask.tobytes(), dtype=np.uint8).reshape(mask.size[1], mask.size[0])
    labels = np.array(mask)
    return labels.astype(np.uint8) if labels.dtype == np.bool_ else labels
