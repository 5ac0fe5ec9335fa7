"""How a value went before its first non-finite one: growth, a jump, or nothing to be seen."""

from dataclasses import dataclass
from statistics import median
from typing import Any, Dict, List, Optional, Sequence

from nanhunt.logs.formats.base import EPOCH_MEAN
from nanhunt.logs.log import Run
from nanhunt.logs.series import Series, Value

FEWEST = 4
RATIO = 1.5
SPREADS = 8.0
RISING = 4
"""Values that rise one after the other before it is called growth."""

GROWTH, JUMP, NONE, UNKNOWN = "growth", "jump", "none", "too-few"


@dataclass(frozen=True)
class Approach:
    """What the last values before were.

    Attributes:
        kind: GROWTH (several rising values), JUMP (the last one alone), NONE, UNKNOWN (fewer than FEWEST values).
        last: the last finite value; `median`: of those before it.
        rising: how many of the last values rose, each above the one before.
        values: how many the median is of; `unrolled`: whether running means were turned into the means between two lines.
    """

    kind: str
    last: Optional[float]
    median: Optional[float]
    rising: int
    values: int
    unrolled: bool

    def words(self, name: str) -> str:
        """One sentence."""
        what = f"the mean of {name} between two lines" if self.unrolled else name
        if self.last is None:
            return f"no finite {name} before it in the log"
        if self.kind == UNKNOWN or self.median is None:
            return f"{what} was {self.last:.4g}; too few lines before it to say whether it grew"
        numbers = f"{what} was {self.last:.4g}, the median of {self.values} before that {self.median:.4g}"
        if self.kind == GROWTH:
            return f"growth before it: {numbers}, and it rose {self.rising} times in a row"
        if self.kind == JUMP:
            return f"a jump before it: {numbers}"
        return f"nothing to be seen before it: {numbers}"

    def to_json(self) -> Dict[str, Any]:
        """As `--json` has it."""
        return {
            "kind": self.kind,
            "last": self.last,
            "median": self.median,
            "rising": self.rising,
            "values": self.values,
            "unrolled": self.unrolled,
        }


def approach(series: Series, run: Run) -> Approach:
    """Judge the values before the first non-finite one, those of the last epoch at least."""
    before = list(series.before)
    means = run.format.averages == EPOCH_MEAN and series.phase == "training"
    unrolled = _unrolled(before) if means else []
    values = unrolled or [each.value for each in before]
    last = values[-1] if values else None
    rising = _rising(values)
    if len(values) < FEWEST or last is None:
        return Approach(UNKNOWN, last, None, rising, len(values), bool(unrolled))
    usual = values[: -max(1, min(rising, len(values) // 2))]
    middle = median(usual)
    spread = max(1.4826 * median(abs(each - middle) for each in usual), 1e-3 * abs(middle), 1e-12)
    far = (last - middle) / spread >= SPREADS and (middle <= 0 or last >= RATIO * middle)
    kind = NONE if not far else GROWTH if rising >= RISING else JUMP
    return Approach(kind, last, middle, rising, len(usual), bool(unrolled))


def _rising(values: Sequence[float]) -> int:
    count = 0
    while count + 1 < len(values) and values[-1 - count] > values[-2 - count]:
        count += 1
    return count


def _unrolled(points: Sequence[Value]) -> List[float]:
    """Means between two lines, out of means since the epoch's start: (n2 m2 - n1 m1) / (n2 - n1)."""
    found = []
    for a, b in zip(points, points[1:]):
        if a.place.epoch == b.place.epoch and a.place.iteration is not None and b.place.iteration is not None:
            first, second = a.place.iteration + 1, b.place.iteration + 1
            if second > first:
                found.append((second * b.value - first * a.value) / (second - first))
    return found
