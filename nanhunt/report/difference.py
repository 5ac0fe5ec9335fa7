"""Two dumps compared, for a terminal of 80 columns."""

from pathlib import Path
from typing import IO, Any, List, Mapping, Optional, Sequence, Tuple

from rich.table import Table
from rich.text import Text

from nanhunt.dump.difference import ABSENT, ArrayDifference, Difference, ObservedDifference, Value
from nanhunt.dump.record import Record
from nanhunt.report.plain import shortened, visible
from nanhunt.report.terminal import console

SHOWN = 8
"""Rows of each kind; the others are counted."""


def print_difference(
    found: Difference, dumps: Sequence[Tuple[Path, Record]], whole: bool = False, stream: Optional[IO[str]] = None
) -> None:
    """What differs, the most telling first; what is the same in one word.

    Args:
        whole: every row, not only the first of each kind.
    """
    out = console(stream)
    most = 10**9 if whole else SHOWN
    for letter, (path, record) in zip("ab", dumps):
        at = record.iteration
        out.print(
            Text(
                "%s  %s: epoch %s, iteration %s, step %s"
                % (letter, visible(str(path)), at["epoch"], at["iteration"], at["step"])
            ),
            soft_wrap=True,
        )
    verdict = "the same was computed of the same" if found.same else "they differ"
    out.print(Text("\n%s\n" % verdict, style="bold green" if found.same else "bold red"))
    rows: List[Tuple[str, Text]] = []
    for name in ("iteration", "samples", "optimizer", "graph", "environment", "finding"):
        rows += _of_values(name, getattr(found, name), most)
    if found.run_up is not None:
        rows.append(("run-up", Text("the first difference: ") + _value(found.run_up)))
    rows.append(("arrays", _of_arrays(found)))
    rows.append(("observed", _of_observed(found)))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column(overflow="fold")
    for name, words in rows:
        grid.add_row(name, words)
    out.print(grid)
    if found.arrays:
        out.print()
        out.print(_array_table(found.arrays[:most], max(26, out.width - 54)))
        _more(out, len(found.arrays) - most)
    if found.observed:
        out.print()
        out.print(_observed_table(found.observed[:most]))
        _more(out, len(found.observed) - most)


def _more(out: Any, count: int) -> None:
    if count > 0:
        out.print(Text("  and %d more; --all shows them" % count, style="dim"))


def _of_values(name: str, values: Sequence[Value], most: int) -> List[Tuple[str, Text]]:
    if not values:
        return [(name, Text("same"))]
    rows = [(name if i == 0 else "", _value(each)) for i, each in enumerate(values[:most])]
    if len(values) > most:
        rows.append(("", Text("and %d more" % (len(values) - most), style="dim")))
    return rows


def _value(value: Value) -> Text:
    return Text("%s: %s  |  %s" % (visible(value.name), _words(value.a), _words(value.b)))


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        value = ", ".join("%s=%s" % pair for pair in value.items())
    return shortened(visible(str(value)), 160)


def _of_arrays(found: Difference) -> Text:
    differing = {group: sum(each.group == group for each in found.arrays) for group in found.equal}
    parts = []
    for group, equal in found.equal.items():
        if differing[group]:
            parts.append("%s: %d of %d differ" % (group, differing[group], equal + differing[group]))
        elif equal:
            parts.append("%s: all %d bit-identical" % (group, equal))
    return Text("; ".join(parts) or "none")


def _of_observed(found: Difference) -> Text:
    if not found.observed:
        return Text("all %d tensors the same" % found.observed_equal)
    first = found.observed[0]
    return Text(
        "%d of %d tensors differ; the first in the order of execution: %s %s (%s)"
        % (len(found.observed), len(found.observed) + found.observed_equal, first.kind, visible(first.name), first.device)
    )


_SHORT = {"parameters": "param", "optimizer": "optim", "devices": "device", "gradients": "grad"}


def _array_table(arrays: Sequence[ArrayDifference], room: int) -> Table:
    table = _table("arrays that differ", ("array", "elements", "max |a-b|", "first at", "a", "b"))
    for each in arrays:
        name = shortened(visible("%s %s" % (_SHORT.get(each.group, each.group), each.name)), room)
        if each.elements is None:
            table.add_row(Text(name), Text(""), Text(""), Text(""), Text(each.a), Text(each.b))
        else:
            largest = "-" if each.largest is None else "%.2e" % each.largest
            where = ",".join(map(str, each.first))
            table.add_row(
                Text(name), Text(str(each.elements)), Text(largest), Text(where), _number(each.first_a), _number(each.first_b)
            )
    return table


def _number(value: Optional[float]) -> Text:
    return Text("-" if value is None else "%.4g" % value)


def _observed_table(observed: Sequence[ObservedDifference]) -> Table:
    table = _table("observed tensors that differ, in the order of execution", ("tensor", "a", "b"))
    for each in observed:
        name = shortened(visible("%s %s" % (each.kind, each.name)), 32)
        table.add_row(Text(name), _entry(each.a), _entry(each.b))
    return table


def _entry(entry: Optional[Mapping[str, Any]]) -> Text:
    if entry is None:
        return Text(ABSENT)
    reduced = entry.get("reduced")
    ranged = reduced if isinstance(reduced, Mapping) else entry
    words = ["%.4g..%.4g" % (ranged["min"], ranged["max"])] if _has_range(ranged) else []
    words += ["%d %s" % (entry[key], key) for key in ("nan", "+inf", "-inf") if isinstance(entry.get(key), int) and entry[key]]
    if entry.get("nonfinite") and len(words) < 2 and ranged is reduced:
        words.append("non-finite")
    return Text(", ".join(words) or "x".join(str(each) for each in entry.get("shape") or ()))


def _has_range(ranged: Mapping[str, Any]) -> bool:
    return all(isinstance(ranged.get(key), (int, float)) for key in ("min", "max"))


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(name, overflow="fold")
    return table
