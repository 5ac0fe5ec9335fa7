"""What a training log alone told, for a terminal of 80 columns and as JSON."""

import json
import math
from pathlib import Path
from typing import IO, Any, Dict, List, Optional, Sequence, Tuple

from rich.table import Table
from rich.text import Text

from nanhunt.errors import NanhuntError
from nanhunt.logs.comparison import Comparison
from nanhunt.logs.curve import Curve, Stretch
from nanhunt.logs.numbers import kind_of
from nanhunt.logs.reading import Place
from nanhunt.logs.summary import Summary
from nanhunt.report.terminal import console
from nanhunt.report.writing import replace_text

HEIGHT = 13
SHOWN = 5

_FROM = {
    "printed": "as the log prints it",
    "computed": "inferred from the log's options and GluonCV's schedule",
    "option": "the log's option; the schedule may have changed it",
}


def print_summary(summary: Summary, plot: bool = True, stream: Optional[IO[str]] = None) -> None:
    """One log: what happened first, whether it healed, what was before, gaps, the end, the curve, what to run next."""
    out = console(stream)
    _print_rows(out, _rows(summary))
    if plot:
        drawn = draw(summary.series.curve, min(out.width, 100), summary.series.name)
        if drawn:
            out.print()
            out.print(Text(drawn), no_wrap=True, crop=True)
    for why, command in summary.steps:
        out.print()
        out.print(Text("next: " + _clean(why)))
        if command:
            # Whole on one line, so that it can be copied.
            out.print(Text("  " + _clean(command)), soft_wrap=True)


def print_comparison(comparison: Comparison, stream: Optional[IO[str]] = None) -> None:
    """Several logs: where each went non-finite, and what follows."""
    out = console(stream)
    out.print()
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for path, place in comparison.places:
        table.add_row(Text(_clean(path)), Text(str(place) if place is not None else "finite to its end"))
    out.print(Text("compared", style="bold"))
    out.print(table)
    rows = [("seen", each) for each in comparison.observed] + [("so", "%s (inferred)" % each) for each in comparison.inferred]
    for name, values in list(comparison.options.items())[:SHOWN]:
        rows.append(("differs", "%s: %s" % (name, " / ".join(values))))
    if len(comparison.options) > SHOWN:
        rows.append(("differs", "and %d more options, all with --json FILE" % (len(comparison.options) - SHOWN)))
    _print_rows(out, rows)


def _print_rows(out: Any, rows: Sequence[Tuple[str, str]]) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, Text(_clean(value)))
    out.print()
    out.print(table)


def _rows(summary: Summary) -> List[Tuple[str, str]]:
    log, first = summary.log, summary.first
    formats = ", ".join("%s (%s)" % (name, _plural(count, "reading")) for name, count in log.formats.items())
    rows = [("log", "%s: %s" % (log.path, _plural(log.lines, "line"))), ("format", formats)]
    if summary.run.format.counted:
        rows.append(("", "its lines name no epoch: each bar of the training is counted as one, from 0"))
    if len(log.main) > 1:
        more = "at least " if log.unsplit else ""
        rows.append(("starts", "%s%d runs in this file, from lines %s" % (more, len(log.main), _some(log.main))))
    series = summary.series
    if first is None:
        last = series.last_finite
        ends = ", the last %.4g at %s" % (last.value, last.place) if last is not None else ""
        rows.append(("FINITE", "%s in all %s%s" % (series.name, _plural(series.count, "line"), ends)))
    else:
        rows += _non_finite(summary)
    rows += [
        ("also", "%s: %s at %s" % (_named(each), _kind(each.first), _where(each.first))) for each in summary.others[:SHOWN]
    ]
    if len(summary.others) > SHOWN:
        rows.append(("also", "and %d more values" % (len(summary.others) - SHOWN)))
    rows += _scores(summary) + _ending(summary)
    return rows


def _non_finite(summary: Summary) -> List[Tuple[str, str]]:
    first, before, series = summary.first, summary.last_finite, summary.series
    assert first is not None and summary.healing is not None and summary.approach is not None
    rows = [("NON-FINITE", "%s: %s is %s" % (_where(first), _named(series), kind_of(first.value)))]
    if before is not None:
        at = "last finite: %.4g at %s" % (before.value, before.place)
        gap = _between(before.place, first.place)
        means = "it began" if summary.healing.mean else "other iterations"
        if gap and summary.healing.mean:
            at += "; the bad iteration is one of %d to %d" % gap
        elif gap and gap[1] > gap[0]:
            at += "; %s between are not in the log" % means
        rows.append(("before", at))
    rows.append(("", summary.approach.words(series.name)))
    if summary.rate is not None:
        rows.append(("rate", "learning rate %.4g (%s)" % (summary.rate, _FROM[summary.rate_from])))
    rows += [("seen", each) for each in summary.healing.observed]
    rows += [("so", "%s (inferred)" % each) for each in summary.healing.inferred]
    return rows


def _scores(summary: Summary) -> List[Tuple[str, str]]:
    nan = [each for each in summary.run.series.values() if each.first is not None and not each.found]
    return [
        ("note", "%s is %s at %s: a score is nan where nothing was counted; not taken for a fault" % (
            _named(each), _kind(each.first), _where(each.first)))
        for each in nan[:SHOWN]
    ]  # fmt: skip


def _ending(summary: Summary) -> List[Tuple[str, str]]:
    log = summary.log
    rows = []
    for gap in summary.gaps:
        where = "between epochs, behind" if gap.boundary else "in the middle of an epoch, behind"
        usual = "%s is usual" % _duration(gap.usual)
        rows.append(("gap", "%s of silence %s line %d (%s); %s" % (_duration(gap.seconds), where, gap.line, gap.before, usual)))
    if summary.unfinished:
        rows.append(("end", summary.unfinished))
    if not log.whole:
        rows.append(("end", "the last line has no end: it was being written, or the program was killed"))
    if summary.silent is not None:
        rows.append(("end", "the file was last written %s after the time in its last line" % _duration(summary.silent)))
    rows += [("said", "line %d: %s" % each) for each in log.context.ends[:SHOWN]]
    if log.context.nan_line is not None:
        count = log.context.nan_lines
        rows.append(("unread", "%s of no known format say nan or inf, the first is line %d: %s" % (
            _plural(count, "line"), *log.context.nan_line)))  # fmt: skip
    return rows


def draw(curve: Curve, width: int, name: str) -> str:
    """The curve, with an x where values are not finite; empty where there are fewer than three finite stretches."""
    import plotext

    stretches = curve.stretches
    finite = [(i, each.mean) for i, each in enumerate(stretches) if math.isfinite(each.mean)]
    bad = [i for i, each in enumerate(stretches) if each.bad]
    if len(finite) < 3:
        return ""
    low, high = min(y for _, y in finite), max(y for _, y in finite)
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(width - 1, HEIGHT)
    if low > 0 and high > 100 * low:
        plotext.yscale("log")
    for part in _unbroken(finite):
        plotext.plot([x for x, _ in part], [y for _, y in part], marker="braille")
    if bad:
        plotext.scatter(bad, [low] * len(bad), marker="x")
    ticks = sorted({round(i * (len(stretches) - 1) / 4) for i in range(5)})
    plotext.xticks(ticks, [_tick(stretches[i]) for i in ticks])
    plotext.xlabel(_clean(name) + (" (x: not finite)" if bad else ""))
    return str(plotext.uncolorize(plotext.build())).rstrip()


def _unbroken(points: Sequence[Tuple[int, float]]) -> List[List[Tuple[int, float]]]:
    parts: List[List[Tuple[int, float]]] = [[]]
    for point in points:
        if parts[-1] and point[0] != parts[-1][-1][0] + 1:
            parts.append([])
        parts[-1].append(point)
    return parts


def _tick(stretch: Stretch) -> str:
    place = stretch.place
    return ":".join(str(each) for each in place if each is not None) or "-"


def write_logs(path: Path, summaries: Sequence[Summary], comparison: Optional[Comparison]) -> None:
    """Everything as JSON; schema: `nanhunt/schemas/log.schema.json`. The file is replaced whole.

    Raises:
        NanhuntError: it cannot be written.
    """
    body: Dict[str, Any] = {
        "schema": 1,
        "files": [summary.to_json() for summary in summaries],
        "comparison": comparison.to_json() if comparison is not None else None,
    }
    try:
        replace_text(path, json.dumps(body, indent=1, allow_nan=False) + "\n")
    except OSError as error:
        raise NanhuntError(
            f"cannot write what was read to {path}: {error.strerror}; give --json a file in a folder that can be written"
        ) from error


def _between(before: Place, first: Place) -> Optional[Tuple[int, int]]:
    if before.epoch != first.epoch or before.iteration is None or first.iteration is None:
        return None
    return (before.iteration + 1, first.iteration) if before.iteration < first.iteration else None


def _where(point: Any) -> str:
    return "%s (line %d)" % (point.place, point.line)


def _kind(point: Any) -> str:
    return kind_of(point.value)


def _named(series: Any) -> str:
    return series.name if series.phase == "training" or series.phase in series.name else "%s %s" % (series.phase, series.name)


def _some(runs: Sequence[Any]) -> str:
    lines = [str(run.first_line) for run in runs]
    return ", ".join(lines[:SHOWN]) + (", …" if len(lines) > SHOWN else "")


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return "%.3g s" % seconds
    if seconds < 7200:
        return "%.0f min" % (seconds / 60)
    return "%.1f h" % (seconds / 3600) if seconds < 172800 else "%.1f days" % (seconds / 86400)


def _clean(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)
