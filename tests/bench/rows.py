"""One line of the table: what was measured, its median and quartiles, and the limit that it is held to."""

from dataclasses import asdict, dataclass
from typing import Any, Dict, Optional

import numpy as np

NOISE, WATCHED, INSTEAD, COST, SCALING = "noise", "watched", "instead", "cost", "scaling"
"""Kinds of row, in the order of the table."""

TITLES = {
    WATCHED: "watched / bare",
    INSTEAD: "what people use instead / bare",
    COST: "memory, dump, replay, start, data",
    SCALING: "watched / bare, as the network grows",
    NOISE: "noise: bare / bare",
}


@dataclass(frozen=True)
class Row:
    """A measured quantity.

    Attributes:
        bench: name of the measurement that it came from, as `--only` takes it.
        kind: one of NOISE, WATCHED, INSTEAD, COST, SCALING.
        what: in words.
        low, median, high: quartiles of what was measured; NaN where it was not.
        count: how many times.
        limit: what the median is held to; None for rows that only inform.
        at_least: the limit is a lower one.
        unit: "" for ratios, else "s".
        curve, place: of scaling rows: which curve, and where on its axis.
        base: what it is a ratio to, in words: the median of the bare iterations of the same run, or of the bare peaks.
        note: goes below the table.
    """

    bench: str
    kind: str
    what: str
    low: float
    median: float
    high: float
    count: int
    limit: Optional[float] = None
    at_least: bool = False
    unit: str = ""
    curve: str = ""
    place: float = 0.0
    base: str = ""
    note: str = ""

    @property
    def measured(self) -> bool:
        return self.count > 0

    @property
    def over(self) -> bool:
        """The median is beyond the limit."""
        if self.limit is None or not self.measured:
            return False
        return self.median < self.limit if self.at_least else self.median > self.limit

    @property
    def certain(self) -> bool:
        """The limit lies outside the quartiles."""
        return self.limit is None or not self.low <= self.limit <= self.high

    @property
    def verdict(self) -> str:
        """`ok` or `over`, with a question mark where the limit lies between the quartiles; nothing without a limit."""
        if self.limit is None or not self.measured:
            return ""
        return ("over" if self.over else "ok") + ("" if self.certain else "?")

    @property
    def bound(self) -> str:
        """The limit in words."""
        if self.limit is None:
            return ""
        return "%s %s" % (("≥" if self.at_least else "≤"), shown(self.limit, self.unit))

    def to_json(self) -> Dict[str, Any]:
        return dict(asdict(self), verdict=self.verdict)


def iteration(seconds: Any) -> str:
    """The median of some iterations in milliseconds, as `Row.base` takes it."""
    return "%.4g ms" % (float(np.median(seconds)) * 1e3)


def shown(value: float, unit: str = "") -> str:
    """Three decimals for what is near one, three digits for the rest."""
    text = "%.3f" % value if 0.01 <= value < 10 else "%.3g" % value
    return text + (" " + unit if unit else "")


def summary(bench: str, kind: str, what: str, values: Any, **more: Any) -> Row:
    """The Row of some measurements."""
    low, median, high = (float(each) for each in np.percentile(values, [25, 50, 75]))
    return Row(bench, kind, what, low, median, high, len(values), **more)


def missing(bench: str, kind: str, what: str, reason: str) -> Row:
    """The Row of what could not be measured."""
    nan = float("nan")
    return Row(bench, kind, what, nan, nan, nan, 0, note=reason)
