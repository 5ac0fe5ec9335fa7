"""Several logs side by side: whether they went non-finite at one place, and what that says: data or chance."""

import itertools
import math
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

from nanhunt.logs.log import Log
from nanhunt.logs.reading import Place
from nanhunt.logs.series import Series

SAME_RUN, SAME_PLACE, SEVERAL_PLACES, ONE_ONLY, NO_RUN = "same-run", "same-place", "several-places", "one-only", "none"
FEWEST = 5
"""Shared values before two runs are called the same."""


@dataclass(frozen=True)
class Comparison:
    """Of at least two runs.

    Attributes:
        kind: SAME_RUN (and the values before it are equal), SAME_PLACE, SEVERAL_PLACES, ONE_ONLY, NO_RUN.
        places: of the first non-finite value, a file each; None where there is none.
        shared: values printed at the same places in the first two bad runs before they went bad; `equal`: those that agree.
        options: those that differ between the runs, as their logs say: name to a value a file.
    """

    kind: str
    places: Tuple[Tuple[str, Optional[Place]], ...]
    shared: int
    equal: int
    resolution: int
    options: Dict[str, Tuple[str, ...]]
    observed: Tuple[str, ...]
    inferred: Tuple[str, ...]

    def to_json(self) -> Dict[str, Any]:
        """As `--json` has it."""
        return {
            "kind": self.kind,
            "places": [
                {"path": path, "epoch": place.epoch if place else None, "iteration": place.iteration if place else None}
                for path, place in self.places
            ],
            "shared": self.shared,
            "equal": self.equal,
            "resolution": self.resolution,
            "options": {name: list(values) for name, values in self.options.items()},
            "observed": list(self.observed),
            "inferred": list(self.inferred),
        }


def compare(logs: Sequence[Tuple[Log, Optional[Series]]]) -> Comparison:
    """Compare the first non-finite values of several logs; each comes with the series that is told of."""
    places = tuple((str(log.path), series.first.place if series and series.first else None) for log, series in logs)
    bad = [series for _, series in logs if series is not None and series.first is not None]
    options = _differing([log for log, _ in logs])
    if len(bad) < 2:
        kind = ONE_ONLY if bad else NO_RUN
        return Comparison(kind, places, 0, 0, 1, options, (f"{len(bad)} of {len(logs)} went non-finite",), ())
    shared, equal = _shared(bad[0], bad[1])
    resolution = max(_resolution(series) for series in bad)
    observed: Tuple[str, ...]
    inferred: Tuple[str, ...]
    together = all(_overlap(bad[0], each) for each in bad[1:])
    to = f" (to the {resolution} iterations between two lines)" if resolution > 1 else ""
    same = f"{equal} of the {shared} values that the first two print before it at the same places are equal"
    if not together:
        kind = SEVERAL_PLACES
        observed = (f"{len(bad)} of {len(logs)} went non-finite, at different places{to}", same)
        inferred = (
            "if these runs take their samples in one order, this is chance (augmentation, initial values, order of threads) "
            "and not one sample: that would be met at the same place",
            "if each shuffles anew, it says nothing: a bad sample moves with the order",
        )
        if shared >= FEWEST and equal == shared:
            inferred = ("equal until one of them goes bad: the same run twice, and something in it is not determined",)
    elif shared >= FEWEST and equal == shared:
        kind = SAME_RUN
        observed = (f"{len(bad)} of {len(logs)} went non-finite at the same place{to}", same)
        inferred = (
            "these are one and the same run again, so it can be reproduced; whether data or chance made it, they cannot tell",
        )
    else:
        kind = SAME_PLACE
        observed = (f"{len(bad)} of {len(logs)} went non-finite at the same place{to}", same)
        inferred = (
            "runs that differ and fail at one place point at what is there: the samples at that place of the order, or the "
            "learning rate of that step",
        ) + (("few lines are shared, so this is weak",) if shared < FEWEST else ())
    return Comparison(kind, places, shared, equal, resolution, options, observed, inferred)


def _resolution(series: Series) -> int:
    interval = _interval(series)
    return 1 if interval is None else max(1, interval[1] - interval[0])


def _interval(series: Series) -> Optional[Tuple[int, int]]:
    """Iterations in which it can have begun: after the first number, at the second the latest."""
    first = series.first
    if first is None or first.place.iteration is None:
        return None
    before = series.before[-1].place if series.before else None
    if before is None or before.epoch != first.place.epoch or before.iteration is None:
        return first.place.iteration - 1, first.place.iteration
    return min(before.iteration, first.place.iteration - 1), first.place.iteration


def _overlap(a: Series, b: Series) -> bool:
    if a.first is None or b.first is None or a.first.place.epoch != b.first.place.epoch:
        return False
    one, other = _interval(a), _interval(b)
    if one is None or other is None:
        return one == other
    return max(one[0], other[0]) < min(one[1], other[1])


def _shared(a: Series, b: Series) -> Tuple[int, int]:
    one, other = _until_bad(a), _until_bad(b)
    places = [place for place in one if place in other]
    return len(places), sum(one[place] == other[place] for place in places)


def _until_bad(series: Series) -> Dict[Place, float]:
    return dict(itertools.takewhile(lambda item: math.isfinite(item[1]), series.early.items()))


def _differing(logs: List[Log]) -> Dict[str, Tuple[str, ...]]:
    known = [log.context.options for log in logs]
    if not all(known):
        return {}
    names = sorted(set().union(*known))
    rows = {name: tuple(each.get(name, "(none)") for each in known) for name in names}
    return {name: values for name, values in rows.items() if len(set(values)) > 1}
