"""Reads one log file, once, from front to back."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from nanhunt.errors import NanhuntError
from nanhunt.logs.context import Context
from nanhunt.logs.formats import FORMATS
from nanhunt.logs.formats.base import Format
from nanhunt.logs.lines import LogText
from nanhunt.logs.names import LOSS, NORM, RATE
from nanhunt.logs.pace import Pace
from nanhunt.logs.reading import SUMMARY, TRAINING, VALIDATION, Place, Reading
from nanhunt.logs.series import Series
from nanhunt.logs.times import Clock

MOST_RUNS = 100
MOST_SERIES = 64
NO_TIME = 5000
"""Lines without a time after which no time is looked for."""


@dataclass
class Run:
    """The readings of one start of the program, as one format prints them.

    Attributes:
        series: by (phase, name), in the order of first appearance.
        place: the last of the training; `iterations`: of its epoch.
        validated_before: the last validation before training went non-finite; `validated_after`: the first behind that.
    """

    format: Format
    first_line: int
    series: Dict[Tuple[str, str], Series] = field(default_factory=dict)
    readings: int = 0
    place: Place = Place()
    iterations: Optional[int] = None
    rate: Optional[float] = None
    validated_before: Optional[Reading] = None
    validated_after: Optional[Reading] = None
    validated_last: Optional[Reading] = None
    _bad: bool = False

    def add(self, reading: Reading) -> None:
        """The next reading."""
        self.readings += 1
        if reading.phase == VALIDATION:
            self._validation(reading)
        if reading.rate is not None:
            self.rate = reading.rate
            self._value(reading, "learning rate", reading.rate)
        for name, value in reading.values.items():
            self._value(reading, name, value)
        if reading.phase == TRAINING:
            self.place, self.iterations = reading.place, reading.iterations or self.iterations

    def _value(self, reading: Reading, name: str, value: float) -> None:
        key = (reading.phase, name)
        if key not in self.series:
            if len(self.series) >= MOST_SERIES:
                return
            self.series[key] = Series(name, reading.phase)
        self.series[key].add(reading, value, self.rate)
        self._bad = self._bad or (reading.phase != VALIDATION and self.series[key].found)

    def _validation(self, reading: Reading) -> None:
        if not self._bad:
            self.validated_before = reading
        elif self.validated_after is None:
            self.validated_after = reading
        self.validated_last = reading

    def starts_again(self, place: Place) -> bool:
        """Whether a training reading at this place cannot follow: epochs and iterations only go up."""
        before = self.place
        if place.epoch is not None and before.epoch is not None and place.epoch != before.epoch:
            return place.epoch < before.epoch
        return place.iteration is not None and before.iteration is not None and place.iteration < before.iteration

    @property
    def subject(self) -> Optional[Series]:
        """The series to tell of: the first that went non-finite, else the training loss with most values."""
        found = [each for each in self.series.values() if each.found]
        if found:
            return min(
                found, key=lambda each: (each.first.line if each.first else 0, each.phase != TRAINING, each.kind != LOSS)
            )
        losses = [each for each in self.series.values() if each.kind == LOSS] or [
            each for each in self.series.values() if each.kind not in (RATE,)
        ]
        order = (TRAINING, SUMMARY, VALIDATION)
        return min(losses, key=lambda each: (order.index(each.phase), -each.count), default=None)


@dataclass
class Log:
    """All that was read of one file.

    Attributes:
        runs: by order of their first line; those with most readings are told of first.
        unsplit: whether the places went back so often that no more starts were told apart.
        modified: when the file was last written, seconds since 1970.
        whole: whether the last line has an end.
    """

    path: Path
    size: int
    modified: float
    lines: int = 0
    whole: bool = True
    runs: List[Run] = field(default_factory=list)
    unsplit: bool = False
    context: Context = field(default_factory=Context)
    pace: Pace = field(default_factory=Pace)
    clock: Clock = field(default_factory=Clock)

    @property
    def formats(self) -> Dict[str, int]:
        """Readings by format."""
        counts: Dict[str, int] = {}
        for run in self.runs:
            counts[run.format.name] = counts.get(run.format.name, 0) + run.readings
        return counts

    @property
    def main(self) -> List[Run]:
        """The runs of the format with most readings."""
        counts = self.formats
        name = max(counts, key=lambda each: counts[each])
        return [run for run in self.runs if run.format.name == name]

    @property
    def found(self) -> List[Series]:
        """All series that went non-finite, in the order of the log."""
        bad = [series for run in self.runs for series in run.series.values() if series.found]
        return sorted(bad, key=lambda each: each.first.line if each.first else 0)


def read_log(path: Path) -> Log:
    """Read it.

    Raises:
        NanhuntError: it cannot be read, or holds no reading of a known format.
    """
    text = LogText(path)
    stat = path.stat()
    log = Log(path, stat.st_size, stat.st_mtime)
    _Reader(log).read(text)
    if not any(series.kind in (LOSS, NORM) or series.found for run in log.runs for series in run.series.values()):
        raise _unknown(log)
    return log


class _Reader:
    """The state of reading: formats with their memory, and each one's current run."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._formats = [make() for make in FORMATS]
        self._last = self._formats[0]
        self._claimed = False
        self._current: Dict[str, Run] = {}

    def read(self, text: LogText) -> None:
        log = self._log
        place = Place()
        for number, line in text.lines():
            log.lines = number
            if not line or line.isspace():
                continue
            reading = self._reading(line)
            if reading is None:
                log.context.read(number, line, self._claimed)
            else:
                reading.line = number
                self._add(reading)
                place = reading.place if reading.phase == TRAINING else place
            time = reading.time if reading is not None else None
            if time is None and (log.pace.last is not None or number < NO_TIME):
                time = log.clock.seconds(line)
            if time is not None:
                log.pace.add(time, number, place)
        log.whole = text.ended

    def _reading(self, line: str) -> Optional[Reading]:
        self._claimed = False
        for format in self._formats:
            if format.claims(line):
                self._claimed = True
                return None
            reading = format.read(line)
            if reading is not None:
                self._last = format
                return reading
        return None

    def _add(self, reading: Reading) -> None:
        log, format = self._log, self._last
        run = self._current.get(format.name)
        if run is None:
            run = self._begin(format, reading)
        elif reading.phase == TRAINING and run.starts_again(reading.place):
            if len(log.runs) < MOST_RUNS:
                run = self._begin(format, reading)
            else:
                log.unsplit = True
        run.add(reading)

    def _begin(self, format: Format, reading: Reading) -> Run:
        run = Run(format, reading.line)
        self._log.runs.append(run)
        self._current[format.name] = run
        return run


def _unknown(log: Log) -> NanhuntError:
    looked = "; ".join(format.looks_like.replace("\t", " ") for format in FORMATS)
    names = sorted({series.name for run in log.runs for series in run.series.values()})
    held = "values named %s, none of them a loss" % ", ".join(names[:8]) if names else "no line with a loss"
    nan = log.context.nan_line
    said = "" if nan is None else "; %d lines say nan or inf, the first is line %d: %s" % (log.context.nan_lines, *nan)
    return NanhuntError(
        f"Expected a training log, found {log.lines} lines in {log.path} with {held}{said}.\n"
        f"Lines like these are read: {looked}"
    )
