"""The picture beside the table: ratios with quartile bars against their limits, and how the cost grows."""

import re
from pathlib import Path
from typing import Any, Dict, List, Sequence

from bench.rows import COST, INSTEAD, NOISE, SCALING, WATCHED, Row, shown

OK, OVER, PLAIN, GREY = "#1a7f4b", "#c62828", "#3b5b92", "#8a8a8a"


def draw(rows: Sequence[Row], about: Dict[str, Any], path: Path) -> None:
    """Write an SVG file."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams.update({"font.size": 10, "svg.hashsalt": "nanhunt", "font.family": "DejaVu Sans"})
    measured = [row for row in rows if row.measured]
    watched = [row for row in measured if row.kind in (WATCHED, NOISE)]
    instead = [row for row in measured if row.kind in (WATCHED, INSTEAD) and row.bench in _with_others(measured)]
    costs = [row for row in measured if row.kind == COST and row.limit is not None]
    curves = list(dict.fromkeys(row.curve for row in measured if row.kind == SCALING))
    panels = [
        (watched, "Watched / bare, and the noise (bare / bare)", _ratios),
        (instead, "Watched, and what people use instead / bare", _bars),
        (costs, "The rest, as a part of its limit (right of the line is over)", _shares),
    ]
    panels = [panel for panel in panels if panel[0]]
    if not panels and not curves:
        return
    heights = [0.34 * len(each) + 1.05 for each, _, _ in panels] + [2.9] * bool(curves)
    tall = sum(heights) + 0.35
    figure = pyplot.figure(figsize=(10, tall))
    top = tall - 0.35
    for number, (each, title, paint) in enumerate(panels):
        axes = figure.add_axes([0.36, (top - heights[number] + 0.35) / tall, 0.42, (heights[number] - 0.75) / tall])
        top -= heights[number]
        paint(axes, each)
        axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.tick_params(axis="y", length=0)
    if curves:
        wide = 0.93 / len(curves)
        tops = [row.high for row in measured if row.kind == SCALING] + [1.02]
        bottoms = [row.low for row in measured if row.kind == SCALING] + [0.99]
        for number, curve in enumerate(curves):
            axes = figure.add_axes([0.06 + wide * number, 0.55 / tall, wide - 0.06, (heights[-1] - 1.0) / tall])
            _curve(axes, [row for row in measured if row.curve == curve])
            room = 0.12 * (max(tops) - min(bottoms))
            axes.set_ylim(min(bottoms) - room, max(tops) + 1.5 * room)
            axes.set_xlabel(curve)
            if number == 0:
                axes.set_title("Watched / bare, as the network grows", loc="left", fontsize=11, fontweight="bold")
    title = "nanhunt %s on MXNet %s, %s cores" % tuple(about[key] for key in ("nanhunt", "mxnet", "cores"))
    figure.text(0.06, 1 - 0.12 / tall, title, fontsize=12, va="top")
    figure.savefig(str(path), format="svg", metadata={"Date": None})
    pyplot.close(figure)
    _drop_trailing_blanks(path)


def _ratios(axes: Any, rows: List[Row]) -> None:
    """Points with quartile bars on one axis, each with its limit as a tick."""
    order = sorted(rows, key=lambda row: ([each.bench for each in rows].index(row.bench), row.kind != WATCHED))
    for place, row in enumerate(order):
        noise = row.kind == NOISE
        colour = GREY if noise else OVER if row.over else OK
        axes.plot(
            [row.low, row.high], [place, place], color=colour, linewidth=2 if noise else 5, alpha=0.45, solid_capstyle="butt"
        )
        axes.plot([row.median], [place], "o", color=colour, markersize=5 if noise else 8)
        if row.limit is not None:
            axes.plot([row.limit] * 2, [place - 0.42, place + 0.42], color="black", linewidth=1.8)
        label = "%s  %s" % (shown(row.median), row.verdict)
        axes.text(1.01, place, label.strip(), transform=axes.get_yaxis_transform(), va="center", color=colour)
    axes.axvline(1, color=GREY, linewidth=0.8, linestyle=":")
    low, high = min([row.low for row in rows] + [0.99]), max([row.high for row in rows] + [1.04])
    axes.set_xlim(low - 0.005, high + 0.005)
    labels = ["noise" if row.kind == NOISE else row.what.replace(", batch", "\nbatch", 0) for row in order]
    _names(axes, labels)


def _bars(axes: Any, rows: List[Row]) -> None:
    order = sorted(rows, key=lambda row: ([each.bench for each in rows].index(row.bench), row.kind != WATCHED))
    for place, row in enumerate(order):
        colour = OK if row.kind == WATCHED else PLAIN
        axes.barh([place], [row.median - 1], left=1, height=0.62, color=colour)
        axes.plot([row.low, row.high], [place, place], color="black", linewidth=1.2)
        axes.text(1.01, place, "%.2f" % row.median, transform=axes.get_yaxis_transform(), va="center", color=colour)
    axes.axvline(1, color="black", linewidth=0.8)
    labels = [_short(row) for row in order]
    if max(row.high for row in rows) > 4:
        axes.set_xscale("log")
        from matplotlib.ticker import FuncFormatter, NullFormatter

        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: "%g" % value))
        axes.xaxis.set_minor_formatter(NullFormatter())
    _names(axes, labels)


def _shares(axes: Any, rows: List[Row]) -> None:
    """Each against its own limit: ratios of different kinds on one axis, what is over on the right."""
    for place, row in enumerate(rows):
        colour = OVER if row.over else OK
        low, middle, high = _of_limit(row)
        axes.plot([low, high], [place, place], color=colour, linewidth=5, alpha=0.45, solid_capstyle="butt")
        axes.plot([middle], [place], "o", color=colour, markersize=8)
        label = "%s  (%s)  %s" % (shown(row.median, row.unit), row.bound, row.verdict)
        axes.text(1.01, place, label, transform=axes.get_yaxis_transform(), va="center", color=colour)
    axes.axvline(1, color="black", linewidth=1.8)
    axes.set_xlim(0, max([1.25] + [_of_limit(row)[2] * 1.05 for row in rows]))
    _names(axes, [re.sub(r" \(\d+ MB\)|, \d+ threads|, with momentum", "", row.what) for row in rows])


def _of_limit(row: Row) -> List[float]:
    parts = [each / (row.limit or 1.0) for each in (row.low, row.median, row.high)]
    return [1 / each for each in reversed(parts)] if row.at_least else parts


def _curve(axes: Any, rows: List[Row]) -> None:
    places = [row.place for row in rows]
    axes.fill_between(places, [row.low for row in rows], [row.high for row in rows], color=PLAIN, alpha=0.2, linewidth=0)
    axes.plot(places, [row.median for row in rows], "o-", color=PLAIN)
    axes.axhline(1, color=GREY, linewidth=0.8, linestyle=":")
    axes.set_xscale("log")
    axes.set_xticks(places)
    axes.set_xticklabels(["%g" % place for place in places])
    axes.minorticks_off()
    for row in rows:
        axes.annotate(
            "%.3f" % row.median, (row.place, row.median), textcoords="offset points", xytext=(0, 8), ha="center", fontsize=9
        )
    axes.margins(x=0.2)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _names(axes: Any, labels: List[str]) -> None:
    axes.set_yticks(range(len(labels)))
    axes.set_yticklabels(labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)


def _with_others(rows: Sequence[Row]) -> List[str]:
    return [row.bench for row in rows if row.kind == INSTEAD]


def _short(row: Row) -> str:
    network = row.what.split(",")[0].split(":")[0]
    if row.kind == WATCHED:
        return "%s: nanhunt" % network
    for part, name in (("isfinite", "np.isfinite hooks"), ("nd.sum", "nd.sum hooks"), ("SageMaker", "SageMaker Debugger")):
        if part in row.what:
            return "%s: %s" % (network, name)
    return row.what


def _drop_trailing_blanks(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", encoding="utf-8")
