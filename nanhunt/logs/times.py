"""The time at which a line was written, as loggers print it."""

import calendar
import re
import time
from datetime import datetime
from typing import Optional

_FULL = re.compile(
    r"(?P<y>20\d\d)[-/](?P<m>\d\d)[-/](?P<d>\d\d)[T ](?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)(?P<f>[.,]\d+)?(?P<z>Z|[+-]\d\d:?\d\d)?"
)
_GLOG = re.compile(r"\b[IWEF](?P<m>\d\d)(?P<d>\d\d) (?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)(?P<f>\.\d+)?")
_MONTH_DAY = re.compile(r"\[(?P<m>\d\d)[/-](?P<d>\d\d) (?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)(?P<f>[.,]\d+)?\]")
_SYSLOG = re.compile(r"^(?P<b>[A-Z][a-z]{2}) {1,2}(?P<d>\d{1,2}) (?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)")
_CLOCK = re.compile(r"^\W{0,2}(?P<H>[01]\d|2[0-3]):(?P<M>[0-5]\d):(?P<S>[0-5]\d)(?P<f>[.,]\d+)?\b")
_MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}
_ALL = (_FULL, _GLOG, _MONTH_DAY, _SYSLOG, _CLOCK)

DAY = 86400.0
YEAR = 2000
"""Of lines that name none: a leap year, so that every day exists."""


class Clock:
    """Reads the times of one log; the kind found first is the log's, so that a date within a message is not taken for it."""

    def __init__(self) -> None:
        self._pattern: Optional[re.Pattern[str]] = None

    @property
    def absolute(self) -> bool:
        """Whether times are seconds since 1970, so that they can be compared with the file's own."""
        return self._pattern is _FULL

    def seconds(self, line: str) -> Optional[float]:
        """Seconds on the log's own clock; without a date they begin again at midnight. None where the line has no time."""
        if self._pattern is not None:
            return self._read(self._pattern, line)
        if ":" not in line:
            return None
        for pattern in _ALL:
            value = self._read(pattern, line)
            if value is not None:
                self._pattern = pattern
                return value
        return None

    @staticmethod
    def _read(pattern: "re.Pattern[str]", line: str) -> Optional[float]:
        found = pattern.search(line, 0, 160)
        if not found:
            return None
        part = found.groupdict()
        fraction = float("0." + part["f"][1:]) if part.get("f") else 0.0
        hour, minute, second = int(part["H"]), int(part["M"]), min(59, int(part["S"]))
        if "d" not in part:
            return hour * 3600 + minute * 60 + second + fraction
        month = _MONTHS.get(part["b"], 0) if part.get("b") else int(part["m"])
        try:
            moment = datetime(int(part.get("y") or YEAR), month, int(part["d"]), hour, minute, second)
        except ValueError:
            return None
        zone = part.get("z")
        if not part.get("y") or zone == "Z":
            return calendar.timegm(moment.timetuple()) + fraction
        if zone:
            offset = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
            return calendar.timegm(moment.timetuple()) + fraction - (offset if zone[0] == "+" else -offset)
        return time.mktime(moment.timetuple()) + fraction


def elapsed(before: float, after: float) -> Optional[float]:
    """Seconds from one line to the next; None where the clock went back (another run, or another clock)."""
    if after >= before:
        return after - before
    return after - before + DAY if before < DAY and before - after > DAY / 2 else None
