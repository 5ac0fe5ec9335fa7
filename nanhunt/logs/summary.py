"""All that is said of one log, as data: what the terminal and `--json` show."""

from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple

from nanhunt.logs.advice import Step, next_steps
from nanhunt.logs.approach import Approach, approach
from nanhunt.logs.healing import Healing, healing
from nanhunt.logs.log import Log, Run
from nanhunt.logs.numbers import kind_of
from nanhunt.logs.pace import SHORTEST, TIMES_USUAL, Gap
from nanhunt.logs.rates import rate_at
from nanhunt.logs.reading import Place
from nanhunt.logs.series import Series, Value


@dataclass(frozen=True)
class Summary:
    """One log.

    Attributes:
        run: the start of the program that is told of: the first with a non-finite value, else the last.
        series: the value that is told of.
        others: further series that went non-finite in any run.
        unfinished: how the log ends too early, in words, or empty.
        silent: seconds from the last line's time to the last writing of the file; None where that is nothing unusual.
    """

    log: Log
    run: Run
    series: Series
    healing: Optional[Healing]
    approach: Optional[Approach]
    rate: Optional[float]
    rate_from: str
    others: Tuple[Series, ...]
    gaps: Tuple[Gap, ...]
    unfinished: str
    silent: Optional[float]
    steps: Tuple[Step, ...]

    @property
    def first(self) -> Optional[Value]:
        """The first non-finite value."""
        return self.series.first if self.series.found else None

    @property
    def last_finite(self) -> Optional[Value]:
        """The last finite value before it."""
        return self.series.before[-1] if self.first is not None and self.series.before else None

    def to_json(self) -> Dict[str, Any]:
        """As `--json` has it."""
        log, first = self.log, self.first
        return {
            "path": str(log.path),
            "bytes": log.size,
            "lines": log.lines,
            "formats": [{"name": name, "readings": count} for name, count in log.formats.items()],
            "starts": [{"line": run.first_line, "format": run.format.name, "readings": run.readings} for run in log.runs],
            "value": self.series.name,
            "phase": self.series.phase,
            "first": _value(first),
            "before": _value(self.last_finite),
            "rate": {"value": _finite(self.rate), "from": self.rate_from} if self.rate is not None else None,
            "healing": self.healing.to_json() if self.healing else None,
            "approach": self.approach.to_json() if self.approach else None,
            "bad_epochs": [each.epoch for each in self.series.epochs if first is not None and each.epoch is not None],
            "others": [{"value": each.name, "phase": each.phase, "first": _value(each.first)} for each in self.others],
            "gaps": [
                {
                    "seconds": gap.seconds,
                    "usual": gap.usual,
                    "line": gap.line,
                    "between_epochs": gap.boundary,
                    **_place(gap.before),
                }
                for gap in self.gaps
            ],
            "end": {**_place(self.run.place), "unfinished": self.unfinished or None, "silent_seconds": self.silent},
            "program_ended_with": [{"line": line, "text": text} for line, text in log.context.ends],
            "unread_non_finite_lines": log.context.nan_lines,
            "next": [{"why": why, "command": command or None} for why, command in self.steps],
        }


def summarise(log: Log) -> Summary:
    """Put together what a log says. The log has a reading (see `read_log`)."""
    found = log.found
    if found:
        run = next(run for run in log.runs if any(each is found[0] for each in run.series.values()))
    else:
        run = log.main[-1]
    series = run.subject
    if series is None:
        raise AssertionError("a log without a value is refused on reading")
    bad = series.found and series.first is not None
    rate, source = rate_at(series.first, run, log) if bad and series.first is not None else (None, "")
    return Summary(
        log,
        run,
        series,
        healing(series, run) if bad else None,
        approach(series, run) if bad else None,
        rate,
        source,
        tuple(each for each in found if each is not series),
        tuple(log.pace.gaps()),
        _unfinished(log),
        _silent(log),
        tuple(next_steps(log, run, series if bad else None, bool(_unfinished(log)))),
    )


def _unfinished(log: Log) -> str:
    run = log.main[-1]
    place, epochs = run.place, log.context.epochs
    if place.iteration is not None and run.iterations and place.iteration < run.iterations - max(1, _stride(run)):
        return f"it ends in the middle of an epoch: {place} of {run.iterations}" + (f", of {epochs} epochs" if epochs else "")
    if epochs and place.epoch is not None and place.epoch < epochs - 1:
        return f"it ends before its last epoch: {place} of {epochs} epochs"
    return ""


def _stride(run: Run) -> int:
    """Iterations between two lines, as seen at the end."""
    strides = [series.stride for series in run.series.values() if series.phase == "training" and series.stride]
    return max(strides, default=1)


def _silent(log: Log) -> Optional[float]:
    last = log.pace.last
    if last is None or not log.clock.absolute:
        return None
    silence = log.modified - last
    usual = log.pace.usual or 0.0
    return silence if silence >= max(SHORTEST, TIMES_USUAL * usual) else None


def _value(point: Optional[Value]) -> Optional[Dict[str, Any]]:
    if point is None:
        return None
    return {**_place(point.place), "line": point.line, "value": point.value if point.finite else kind_of(point.value)}


def _place(place: Place) -> Dict[str, Any]:
    return {"epoch": place.epoch, "iteration": place.iteration}


def _finite(value: Optional[float]) -> Any:
    return None if value is None else value if kind_of(value) == "finite" else kind_of(value)
