"""What a format is."""

import re
from typing import Dict, Iterable, Optional, Tuple

from nanhunt.logs.names import RATE, kind_of_name
from nanhunt.logs.numbers import NUMBER, number
from nanhunt.logs.reading import Reading

EPOCH_MEAN = "epoch"
"""The printed value is the mean since the epoch's start."""


class Format:
    """One way in which programs log. An instance reads one file, line after line, and may remember.

    Attributes:
        name: short, for reports.
        looks_like: one line of it, for those whose log was not recognised.
        averages: EPOCH_MEAN where that is known of the format, else empty.
        framework: who prints it, where only one does; else empty.
        counted: whether epochs were counted because the lines name none.
    """

    name = ""
    looks_like = ""
    averages = ""
    framework = ""
    counted = False

    def claims(self, line: str) -> bool:
        """Whether the line is of this format though it has no reading, and no other is to look for one in it."""
        return False

    def read(self, line: str) -> Optional[Reading]:
        """The reading, or None where the line is not of this format or holds no value."""
        raise NotImplementedError


PAIR = re.compile(r"([A-Za-z][\w\-./@]*)\s*(?:=|:)\s*(" + NUMBER + ")")


def pairs(text: str) -> Tuple[Dict[str, float], Optional[float]]:
    """Every `name=number` or `name: number`; and the learning rate, out of them."""
    return sort_rates(PAIR.findall(text))


def sort_rates(found: Iterable[Tuple[str, str]]) -> Tuple[Dict[str, float], Optional[float]]:
    """Values by name, and the first learning rate apart."""
    values: Dict[str, float] = {}
    rate = None
    for name, text in found:
        value = number(text)
        if value is None:
            continue
        if kind_of_name(name) == RATE:
            rate = value if rate is None else rate
        else:
            values.setdefault(name, value)
    return values, rate


def integer(text: Optional[str]) -> Optional[int]:
    """The number, None where there is none."""
    return int(text) if text else None
