"""Show a Sweep: the table for a terminal of 80 columns, Markdown, and a page to open in a browser."""

from typing import IO, Any, Dict, List, NamedTuple, Optional, Tuple

from rich.table import Table
from rich.text import Text

from nanhunt import __version__
from nanhunt.diagnose.finding import Finding
from nanhunt.report.html import fill
from nanhunt.report.plain import visible
from nanhunt.report.terminal import console
from nanhunt.sweep.plan import Run
from nanhunt.sweep.record import Sweep
from nanhunt.sweep.result import FAILED, FINITE, FOUND, HANG, Result

HEADS = ("setting", "seed", "first NaN/Inf", "producer", "cause", "spread", "loss before")
_LAST = "1e999"
"""Behind every number."""
_CURVE = (240, 70)
"""Width and height of a curve, in its own units."""


class Row(NamedTuple):
    """One run as it stands in every table; what is not known is empty."""

    setting: str
    seed: str
    first: str
    producer: str
    cause: str
    spread: str
    loss: str
    status: str
    sorting: Tuple[str, str]
    """Numbers that `first` and `loss` are sorted by."""


def rows_of(sweep: Sweep) -> List[Row]:
    """A row a run, as planned."""
    return [_row(run, sweep.results.get(run.key)) for run in sweep.runs]


def print_sweep(sweep: Sweep, stream: Optional[IO[str]] = None) -> None:
    """The table, what it shows, and where the dumps lie."""
    out = console(stream)
    rows = rows_of(sweep)
    left_out = {at for at in (0, 1) if len({row[at] for row in rows}) == 1 < len(rows) or not rows[0][at]}
    columns = [at for at in range(len(HEADS)) if at not in left_out]
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for at in columns:
        # What decides is whole in its line; setting, producer and spread go over several where 80 columns are too few.
        head = HEADS[at].replace("loss before", "loss\nbefore")
        whole = at in (1, 2, 4, 6)
        words = max((len(word) for row in rows for word in str(row[at]).split()), default=0)
        table.add_column(
            head,
            overflow="fold",
            justify="right" if at in (1, 6) else "left",
            no_wrap=whole,
            min_width=None if whole else min(words, 24),
        )
    for row in rows:
        style = {FOUND: "", FINITE: "green", HANG: "magenta", FAILED: "red"}.get(row.status, "dim")
        cells = (*row[:4], row.cause if row.status == FOUND else "", *row[5:7])
        table.add_row(*(Text(visible(str(cells[at]))) for at in columns), style=style)
    if sweep.grid.title:
        out.print(Text(visible(sweep.grid.title)))
    out.print(Text(_heading(sweep)))
    out.print()
    out.print(table)
    out.print()
    for row in rows:
        if row.status in (HANG, FAILED):
            out.print(Text(visible(f"{row.setting or 'run'}, seed {row.seed}: {row.first}: {row.cause}")))
    for sentence in sweep.observed():
        out.print(Text(visible(f"- {sentence}")))
    for line in _leads(sweep):
        out.print(Text(line), soft_wrap=True)


def markdown(sweep: Sweep) -> str:
    """The table and the sentences in GitHub's Markdown."""
    lines = [_cell(sweep.grid.title), ""] if sweep.grid.title else []
    lines += [_cell(_heading(sweep)), "", "| " + " | ".join(HEADS) + " |", "|---|--:|---|---|---|---|--:|"]
    lines += ["| " + " | ".join(_cell(str(each)) for each in row[: len(HEADS)]) + " |" for row in rows_of(sweep)]
    lines += ["", *(f"- {_cell(each)}" for each in sweep.observed())]
    return "\n".join(lines) + "\n"


def page(sweep: Sweep) -> str:
    """The page as text: loads nothing, every string escaped."""
    axes = _axes(sweep)
    return fill(
        "sweep.html",
        sweep=sweep,
        heading=_heading(sweep),
        heads=HEADS,
        entries=[dict(row._asdict(), **_curve(sweep, run, axes)) for row, run in zip(rows_of(sweep), sweep.runs)],
        axes=(axes[0], f"{axes[1]:.3g}"),
        observed=sweep.observed(),
        version=__version__,
    )


def outcome_line(run: Run, result: Result) -> str:
    """One run and how it ended, in one line."""
    row = _row(run, result)
    cause = f" ({row.cause})" if result.finding is not None else f": {result.error}" if result.error else ""
    return visible(f"{run.label or 'run'}, seed {run.seed}: {row.first}{cause}, {result.seconds:.0f} s")


def _row(run: Run, result: Optional[Result]) -> Row:
    seed = f"{run.seed}"
    if result is None:
        return Row(run.label, seed, "not run", "", "", "", "", "not run", (_LAST, _LAST))
    loss = "" if result.loss_before is None else f"{result.loss_before:.3f}"
    by_loss = _LAST if result.loss_before is None else f"{result.loss_before:g}"
    if result.finding is None:
        first = f"none in {result.iterations}" if result.status == FINITE else result.status
        return Row(run.label, seed, first, "", result.error or "", "", loss, result.status, (_LAST, by_loss))
    at, finding = result.finding.iteration, result.finding
    first = f"epoch {at.epoch} it. {at.iteration}"
    by = (str(at.step), by_loss)
    return Row(run.label, seed, first, _producer(finding), finding.cause, _spread(finding), loss, result.status, by)


def _producer(finding: Finding) -> str:
    producer = finding.producer
    if producer is None:
        return "unknown"
    op = producer.op.replace("_contrib_", "") or {"data": "the batch", "aux": "statistic"}.get(producer.phase, producer.phase)
    return f"{op} (gradient)" if producer.phase == "backward" else op


def _spread(finding: Finding) -> str:
    names = {
        "loss": "loss",
        "gradients": "gradients",
        "parameters": "parameters",
        "aux": "statistics",
        "optimizer": "optimizer",
    }
    reached = [words for key, words in names.items() if getattr(finding.spread, key)]
    return "loss only" if reached == ["loss"] else ", ".join(reached) or "nowhere"


def _heading(sweep: Sweep) -> str:
    count = "1 run" if len(sweep.runs) == 1 else f"{len(sweep.runs)} runs"
    limit = f" of at most {sweep.grid.limits.iterations} iterations" if sweep.grid.limits.iterations else ""
    return f"{sweep.grid.name}: {count}{limit}, MXNet {sweep.framework or 'unknown'}"


def _leads(sweep: Sweep) -> List[str]:
    dumps = [result for result in map(sweep.results.get, (run.key for run in sweep.runs)) if result and result.dump]
    lines = ["", f"nanhunt replay {dumps[0].dump}"] if dumps else []
    if len(dumps) > 1:
        lines.append(f"({len(dumps)} dumps, each in its run's folder)")
    return lines


def _cell(text: str) -> str:
    """Text for a cell in Markdown: no markup, no end of a cell."""
    for mark in ("\\", "|", "`", "*", "_", "<", ">", "[", "]"):
        text = text.replace(mark, "\\" + mark)
    return " ".join(visible(text).split())


def _axes(sweep: Sweep) -> Tuple[int, float]:
    """Iterations and loss at the ends of the axes that all curves share: those of the longest, and nearly the highest."""
    everything = [result.losses for result in sweep.results.values()]
    finite = sorted(loss for losses in everything for _, loss in losses if loss is not None)
    steps = max((step for losses in everything for step, _ in losses), default=0) + 1
    return steps, finite[-(-99 * (len(finite) - 1) // 100)] if finite else 1.0


def _curve(sweep: Sweep, run: Run, axes: Tuple[int, float]) -> Dict[str, Any]:
    """The losses of one run as lines, with gaps where they are not finite, and where the first NaN or Inf is."""
    result = sweep.results.get(run.key)
    width, height = _CURVE
    lines: List[List[str]] = [[]]
    for step, loss in result.losses if result is not None else ():
        if loss is None:
            lines.append([])
        else:
            share = min(max(loss / (axes[1] or 1.0), 0.0), 1.0)
            lines[-1].append("%.1f,%.1f" % (step / axes[0] * width, (1 - share) * height))
    found = result.finding if result is not None else None
    mark = found.iteration.step / axes[0] * width if found is not None else None
    # A point alone is a line too, to itself: otherwise nothing is drawn.
    return {"lines": [" ".join(each * 2 if len(each) == 1 else each) for each in lines if each], "mark": mark}
