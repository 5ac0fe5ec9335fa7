"""Text out of a dump, a log or a file name, made fit to be shown: nothing moves a cursor, turns a line round, or hides."""

import re
from typing import Any, Iterable, List

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0"  # invisible
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # zero width, line ends, writing direction
    "\ud800-\udfff\U000e0000-\U000e007f]"  # lone surrogates, tags
)

LEFT_OUT = "(left out)"


def visible(text: str) -> str:
    """The text with what controls or hides written out, as `\\x1b` or `\\u202e`. New lines and tabs are blanks."""
    return _HIDDEN.sub(_written_out, text.replace("\r\n", " ").replace("\n", " ").replace("\t", " "))


def _written_out(match: "re.Match[str]") -> str:
    code = ord(match.group())
    return "\\x%02x" % code if code < 0x100 else "\\u%04x" % code if code < 0x10000 else "\\U%08x" % code


class Redactor:
    """Takes words out of texts, wherever they stand.

    Args:
        secrets: such as paths; those of fewer than three characters are left alone.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        longest_first = sorted({each for each in secrets if len(each) > 2}, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(each) for each in longest_first)) if longest_first else None

    def text(self, text: str) -> str:
        """One text."""
        return text if self._pattern is None else self._pattern.sub(LEFT_OUT, text)

    def json(self, value: Any) -> Any:
        """All texts of a JSON value, keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, (list, tuple)):
            listed: List[Any] = [self.json(each) for each in value]
            return listed
        if isinstance(value, dict):
            return {self.text(str(key)): self.json(each) for key, each in value.items()}
        return value


def shortened(text: str, most: int) -> str:
    """The text, its middle left out where it has more characters."""
    if len(text) <= most:
        return text
    head = (most - 1) // 2
    return text[:head] + "\u2026" + text[len(text) - (most - 1 - head) :]
