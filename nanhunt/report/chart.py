"""Curves over iterations, worked out as places and texts for an SVG that a phone shows as it is."""

import math
from dataclasses import dataclass
from typing import Any, List, Optional, Sequence, Tuple

import numpy as np

from nanhunt.report.plain import shortened, visible

WIDTH, HEIGHT = 340.0, 210.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 48.0, 10.0, 26.0, 30.0
_MOST_CURVES = 400


@dataclass(frozen=True)
class Series:
    """One curve: a value an iteration, NaN or infinite where it is, `read` false where it is not known."""

    name: str
    values: np.ndarray
    read: Optional[np.ndarray] = None


@dataclass(frozen=True)
class Curve:
    """One curve as an SVG path; `kind` is `only`, `first` (where it began) or empty."""

    name: str
    kind: str
    path: str


@dataclass(frozen=True)
class Chart:
    """All of it. `bad`: places of iterations with values that are not finite, and how many. `onset`: where growth began."""

    title: str
    curves: Tuple[Curve, ...]
    across: Tuple[Tuple[float, str], ...]
    up: Tuple[Tuple[float, str], ...]
    bad: Tuple[Tuple[float, str], ...]
    onset: Optional[float]
    label: str
    width: float = WIDTH
    height: float = HEIGHT
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    bottom: float = HEIGHT - _BOTTOM


def chart_of(
    title: str, steps: Sequence[int], series: Sequence[Series], first: str = "", onset: Optional[int] = None
) -> Optional[Chart]:
    """The chart, with a scale of powers of ten where the values are positive and span more than a factor of 30.

    Args:
        steps: the iterations.
        first: name of the series to point out.
        onset: the step at which it began.

    Returns: None where no value is finite.
    """
    all_series = series
    series = [each for each in series if _known(each).any()]
    if len(series) > _MOST_CURVES:
        series = series[:_MOST_CURVES] + [each for each in series[_MOST_CURVES:] if each.name == first]
    if not series or not len(steps):
        return None
    finite = np.concatenate([each.values[_known(each)] for each in series]).astype(np.float64)
    positive = finite[finite > 0]
    logarithmic = bool(len(positive) and not (finite < 0).any() and positive.max() > 30 * positive.min())
    low, high = _limits(positive if logarithmic else finite, logarithmic)
    across = _Scale(float(min(steps)), float(max(steps)), _LEFT, WIDTH - _RIGHT)
    up = _Scale(low, high, HEIGHT - _BOTTOM, _TOP)
    curves = [_curve(each, steps, across, up, logarithmic, _kind(each, first, len(series))) for each in series]
    curves.sort(key=lambda curve: curve.kind != "")  # what is pointed out is drawn last, on top
    return Chart(
        title=title + (" (log scale)" if logarithmic else ""),
        curves=tuple(curves),
        across=tuple((across(step), str(int(step))) for step in _round_steps(min(steps), max(steps))),
        up=tuple((up(value), text) for value, text in _ticks(low, high, logarithmic)),
        bad=_bad(all_series, steps, across),
        onset=across(onset) if onset is not None and min(steps) <= onset <= max(steps) else None,
        label=shortened(visible(first), 40) if any(each.name == first for each in series) else "",
    )


def _known(series: Series) -> np.ndarray:
    known: np.ndarray = np.isfinite(series.values)
    return known if series.read is None else np.asarray(known & series.read)


def _kind(series: Series, first: str, count: int) -> str:
    return "first" if series.name == first and first else "only" if count == 1 else ""


class _Scale:
    def __init__(self, low: float, high: float, begin: float, end: float) -> None:
        self._low, self._span, self._begin, self._length = low, (high - low) or 1.0, begin, end - begin

    def __call__(self, value: float) -> float:
        return round(self._begin + (value - self._low) / self._span * self._length, 2)


def _limits(values: np.ndarray, logarithmic: bool) -> Tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    if logarithmic:
        # What is near 0 in one layer must not flatten all others.
        low = max(low, float(np.percentile(values, 2)) / 100)
        return math.floor(math.log10(low)), max(math.ceil(math.log10(high)), math.floor(math.log10(low)) + 1)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return low - room, high + room


def _curve(series: Series, steps: Sequence[int], across: Any, up: Any, logarithmic: bool, kind: str) -> Curve:
    parts: List[str] = []
    pen_down = False
    for i, (step, value) in enumerate(zip(steps, series.values.astype(np.float64))):
        if series.read is not None and not series.read[i]:
            continue  # not looked at in this iteration: the curve goes on
        if not math.isfinite(value):
            pen_down = False
            continue
        y = min(up(math.log10(value)) if value > 0 else HEIGHT - _BOTTOM, HEIGHT - _BOTTOM) if logarithmic else up(value)
        # The h0 is what shows a value that stands alone.
        parts.append("L%g %g" % (across(step), y) if pen_down else "M%g %gh0" % (across(step), y))
        pen_down = True
    return Curve(series.name, kind, "".join(parts))


def _bad(series: Sequence[Series], steps: Sequence[int], across: Any) -> Tuple[Tuple[float, str], ...]:
    counts = np.zeros(len(steps), np.int64)
    for each in series:
        counts += ~np.isfinite(each.values) if each.read is None else np.logical_and(~np.isfinite(each.values), each.read)
    return tuple(
        (across(step), "step %d: %d not finite, or with squares that are not" % (step, n))
        for step, n in zip(steps, counts)
        if n
    )


def _ticks(low: float, high: float, logarithmic: bool) -> List[Tuple[float, str]]:
    if logarithmic:
        every = max(1, math.ceil((high - low) / 5))
        return [(exponent, "1e%d" % exponent) for exponent in range(int(low), int(high) + 1, every)]
    step = _nice((high - low) / 4)
    first = math.ceil(low / step)
    return [(k * step, "%.4g" % (k * step)) for k in range(first, first + 12) if k * step <= high]


def _nice(length: float) -> float:
    power = 10.0 ** math.floor(math.log10(length)) if length > 0 else 1.0
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= length * 0.999)


def _round_steps(low: int, high: int) -> List[int]:
    step = max(1, int(_nice((high - low) / 4))) if high > low else 1
    return [k * step for k in range(-(-low // step), high // step + 1)][:12]
