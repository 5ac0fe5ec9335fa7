"""Lines of a log file, in bounded memory: packed or not, whatever ends its lines, without colours."""

import bz2
import codecs
import gzip
import lzma
import re
import zlib
from pathlib import Path
from typing import IO, Any, Callable, Iterator, Tuple

from nanhunt.errors import NanhuntError

CHUNK = 1 << 18
LONGEST = 1 << 16
"""Characters of a line that are kept: a training log's lines are far shorter."""

_PACKED: Tuple[Tuple[bytes, Callable[..., Any]], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\x00", lzma.open),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")
_ENDS = re.compile(r"\r\n|\n|\r|\x08{3,}")


class LogText:
    """The text of one file.

    Attributes:
        ended: whether the last line that was read has an end; False while nothing was read.

    Args:
        path: a text file, or one packed by gzip, bzip2 or xz.

    Raises:
        NanhuntError: there is none, it is a folder, it is empty, it cannot be read or is no text.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ended = False
        self._open, self._encoding = _how_to_open(path)

    def lines(self) -> Iterator[Tuple[int, str]]:
        """(number of the line in an editor, text). What a progress bar wrote over itself is several, of one number.

        Raises:
            NanhuntError: the file breaks off, as a packed one does that is cut short.
        """
        decoder = codecs.getincrementaldecoder(self._encoding)(errors="replace")
        number, rest, held = 1, "", ""
        try:
            with self._open(str(self.path), "rb") as stream:
                while True:
                    data = stream.read(CHUNK)
                    text = held + decoder.decode(data, final=not data)
                    # "\r" and a row of backspaces may go on in the next piece.
                    held = text[len(text.rstrip("\r\x08")) :] if data else ""
                    text = text[: len(text) - len(held)]
                    at = 0
                    for end in _ENDS.finditer(text):
                        yield number, _plain(rest + text[at : end.start()])
                        rest, at = "", end.end()
                        number += end.group() in ("\n", "\r\n")
                        self.ended = True
                    if at < len(text):
                        self.ended = False
                        rest = (rest + text[at:])[:LONGEST]
                    if not data:
                        break
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise NanhuntError(
                f"Expected to read the whole of {self.path}, found that it breaks off at line {number} ({error}).\n"
                "Unpack what is there by hand and read that."
            ) from error
        if rest:
            yield number, _plain(rest)


def _plain(text: str) -> str:
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    return _CONTROLS.sub(" ", text[:LONGEST])


def _how_to_open(path: Path) -> Tuple[Callable[..., Any], str]:
    if path.is_dir():
        raise NanhuntError(f"Expected a log file, found the folder {path}; give a file in it, such as {path}/train.log.")
    try:
        with path.open("rb") as file:
            head = file.read(8)
        opener = next((how for mark, how in _PACKED if head.startswith(mark)), open)
        with opener(str(path), "rb") as stream:
            start = _start(stream)
    except FileNotFoundError as error:
        raise NanhuntError(f"Expected a log file, found no {path}.") from error
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise NanhuntError(f"Expected to read {path}, found that it cannot be ({why}).") from error
    if not start:
        raise NanhuntError(f"Expected a log in {path}, found an empty file; was the program's output sent elsewhere?")
    encoding = next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")
    if encoding != "utf-16" and b"\x00" in start:
        raise NanhuntError(
            f"Expected text in {path}, found binary data; give the training's log (a dump is for `nanhunt replay {path}`)."
        )
    return opener, encoding


def _start(stream: IO[bytes]) -> bytes:
    return stream.read(8192)
