"""The smallest batch that still has the same producer: first the offending sample alone, then halves, then one fewer."""

from dataclasses import replace
from typing import Callable, Tuple

from nanhunt.replay.minimising.base import Pass, Reduced, Step, Target
from nanhunt.replay.minimising.statistics import frozen, over_the_batch

OWN_STATISTICS = "the producer's own statistics are over the whole batch: nothing can be left out without changing them"
_NOT_FROZEN = "with the statistics of the batch frozen as recorded it does not show any more"
_TIME = "the time was used up"


class Samples(Pass):
    """Rows along axis 0 of every array of the batch."""

    what = "samples"

    def shrink(self, target: Target, reduced: Reduced) -> Tuple[Reduced, Step]:
        runs, batch = target.tried, target.batch

        def row(found: Reduced, note: str = "") -> Tuple[Reduced, Step]:
            left = str(len(found.rows)) if found.rows is not None else str(batch)
            note = _TIME if target.exhausted else note
            if not note and found.rows is not None:
                note = "row%s %s" % ("s" if len(found.rows) > 1 else "", ", ".join(map(str, found.rows[:6])))
            return found, Step(self.what, str(batch), left, target.tried - runs, note)

        if batch < 2:
            return row(reduced, "the batch is one sample" if batch else "the iteration has no batch")
        if over_the_batch(target.node):
            return row(reduced, OWN_STATISTICS)
        still = frozen(target, reduced)
        if still is None:
            return row(reduced, _NOT_FROZEN)
        rows = tuple(range(batch))

        def shows(candidate: Tuple[int, ...]) -> bool:
            return target.shows(replace(still, rows=candidate))

        named = target.origin.producer.sample
        if named is not None and named < batch and shows((named,)):
            return row(replace(still, rows=(named,)))
        rows = _shrunk(rows, shows)
        if len(rows) == batch:
            return row(reduced, "with fewer it does not show")
        return row(replace(still, rows=rows))


def _shrunk(rows: Tuple[int, ...], shows: Callable[[Tuple[int, ...]], bool]) -> Tuple[int, ...]:
    """Delta debugging: chunks are kept alone or left out, halving the chunks until each is one row."""
    length = len(rows) // 2
    while length >= 1 and len(rows) > 1:
        chunks = [rows[k : k + length] for k in range(0, len(rows), length)]
        alone = next((chunk for chunk in chunks if len(chunk) < len(rows) and shows(chunk)), None)
        if alone is not None:
            rows = alone
            length = min(length, len(rows) // 2)
            continue
        if len(chunks) > 2:
            without = (tuple(each for each in rows if each not in chunk) for chunk in chunks)
            fewer = next((left for left in without if shows(left)), None)
            if fewer is not None:
                rows = fewer
                continue
        length //= 2
    return rows
