"""Where growth began: did the numbers of a run grow until they broke, or did one iteration break them?

Each tensor's size is followed as its natural logarithm, since what diverges grows by a factor an iteration. A line that is
level up to an iteration and rises from there on (a hinge) is fitted by least squares to every tensor, for every place of the
bend; a median over three iterations before it takes single outliers away. Growth is taken for real if all of this holds:

- The sizes of the last `FEWEST` iterations are above all that came before the bend: it lasts, and it lasts to the end.
- From the bend to the end it grew at least `FACTOR` times, and by more than `NOISE` times the spread around the line.
- The bend explains at least `EXPLAINED` of the variance.
- At least `LATER` of the growth is in the second half of its time. What grows by a factor an iteration has half of it there;
  a bias that begins at zero and learns grows as a power of time, and has a sixth.

A parameter is named as the first only where nothing else grew: what it does shows in what the network computes with it.
"""

import math
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from nanhunt.diagnose.finding import Position, RunUpVerdict
from nanhunt.dump.runup import Followed, RunUp

FEWEST = 3
"""Iterations that growth must last."""

SHORTEST = 6
"""Iterations without which nothing is said."""

FACTOR = 30.0
NOISE = 4.0
EXPLAINED = 0.7
LATER = 1 / 3

STANDS_OUT = 3.0
"""An iteration belongs to the growth if it is above all before by so many of the steps that are usual between those."""

_OVERFLOWS = 0.5 * math.log(float(np.finfo(np.float32).max))
"""Logarithm of the size whose square float32 cannot hold."""

_FOLLOWED = ("activation", "loss", "gradient", "parameter")


@dataclass(frozen=True)
class Growing:
    """A tensor that grew to the end.

    Attributes:
        tensor: which.
        since: place of the first iteration of the growth in the run-up.
        within: iterations by which that may be off: twice the spread around the line, over its slope.
        times: how much larger it is at the end than before.
    """

    tensor: Followed
    since: int
    within: int
    times: float


@dataclass(frozen=True)
class Growth:
    """What the run-up tells.

    Attributes:
        verdict: `diverged`, `single event`, or `unknown` where there are too few iterations.
        first: where growth began; None where nothing grew.
        growing: all that grew, earliest first.
        iterations: how many were looked at.
        together: how many others may have begun when the first did.
        left: where nothing is said because sizes left all before them only just before the end: the place of that iteration.
    """

    verdict: str
    first: Optional[Growing]
    growing: Tuple[Growing, ...]
    iterations: int
    together: int = 0
    left: Optional[int] = None


def growth_of(run_up: RunUp) -> Growth:
    """Where growth began, if it did."""
    if len(run_up) < SHORTEST:
        return Growth("unknown", None, (), len(run_up))
    found: List[Growing] = []
    for column, tensor in enumerate(run_up.tensors):
        if tensor.kind in _FOLLOWED:
            hinge = _hinge(run_up.sizes[:, column], run_up.read[:, column])
            if hinge is not None:
                found.append(Growing(tensor, *hinge))
    if not found:
        left = _left(run_up)
        return Growth("single event" if left is None else "unknown", None, (), len(run_up), left=left)
    order = _order(run_up.tensors)
    named = [each for each in found if each.tensor.kind != "parameter"] or found
    earliest = min(each.since + each.within for each in named)
    # Of those that may have begun together, the one that an iteration comes to first.
    together = [each for each in named if each.since - each.within <= earliest]
    first = min(together, key=lambda each: order[each.tensor])
    growing = sorted(found, key=lambda each: (each.since, order[each.tensor]))
    return Growth("diverged", first, tuple(growing), len(run_up), len(together) - 1)


def verdict_of(run_up: RunUp) -> RunUpVerdict:
    """The same for a Finding."""
    found = growth_of(run_up)
    if found.first is None:
        left = None if found.left is None else _position(run_up, found.left)
        return RunUpVerdict(found.verdict, found.iterations, since=left)
    at = found.first.since
    since = _position(run_up, at)
    tensor = found.first.tensor
    within, times, growing = found.first.within, found.first.times, len(found.growing)
    before = at <= within and int(run_up.step[0]) > 0
    return RunUpVerdict(
        found.verdict, found.iterations, tensor.kind, tensor.name, since, within, before, times, growing, found.together
    )


def _position(run_up: RunUp, at: int) -> Position:
    return Position(int(run_up.epoch[at]), int(run_up.iteration[at]), int(run_up.step[at]))


def _left(run_up: RunUp) -> Optional[int]:
    """The iteration, one of the last but the dumped one, from which on a size is more than `FACTOR` times all before."""
    for at in range(len(run_up) - FEWEST, len(run_up) - 1):
        for column, tensor in enumerate(run_up.tensors):
            sizes = run_up.sizes[:, column][run_up.read[:, column]].astype(np.float64)
            if tensor.kind not in _FOLLOWED or tensor.kind == "parameter" or len(sizes) < len(run_up):
                continue
            before, after = sizes[:at], sizes[at:-1]
            if np.isfinite(before).all() and before.max() > 0 and not after.min() <= FACTOR * before.max():
                return at
    return None


def _order(tensors: Sequence[Followed]) -> Dict[Followed, Tuple[int, int]]:
    """Activations forward, then losses, gradients backward, and parameters last, which an update changes."""
    ranks = {"activation": 0, "loss": 1, "gradient": 2, "parameter": 3}
    return {each: (ranks.get(each.kind, 4), -place if each.kind == "gradient" else place) for place, each in enumerate(tensors)}


def _hinge(sizes: np.ndarray, read: np.ndarray) -> Optional[Tuple[int, int, float]]:
    """See Growing: `since`, `within` and `times` of a tensor; None where it did not grow to the end."""
    places = np.flatnonzero(read & (sizes > 0))
    if not len(places) or places[-1] < len(sizes) - 1 - FEWEST:
        return None
    # A size is infinite where the sum of squares is; how far beyond, and how it went on, is not known.
    beyond = np.flatnonzero(np.isinf(sizes[places]))
    places = places[: beyond[0] + 1] if len(beyond) else places
    if len(places) < SHORTEST:
        return None
    raw = np.log(np.minimum(sizes[places].astype(np.float64), float(np.finfo(np.float32).max)))
    if len(beyond):
        raw[-1] = max(_OVERFLOWS, raw[:-1].max())
    values = _smoothed(raw)
    time = places.astype(np.float64)
    bends = time[: len(time) - FEWEST]
    rise = np.maximum(time[None, :] - bends[:, None], 0.0)
    centred = rise - rise.mean(axis=1, keepdims=True)
    offset = values - values.mean()
    spread = (centred * centred).sum(axis=1)
    slopes = (centred * offset).sum(axis=1) / np.maximum(spread, 1e-300)
    left = ((offset[None, :] - slopes[:, None] * centred) ** 2).sum(axis=1)
    best = int(np.argmin(np.where(slopes > 0, left, math.inf)))
    if slopes[best] <= 0:
        return None
    total = float((offset * offset).sum())
    grew = float(slopes[best] * (time[-1] - bends[best]))
    noise = math.sqrt(float(left[best]) / max(len(values) - 3, 1))
    if total <= 0 or left[best] > (1 - EXPLAINED) * total or grew < max(math.log(FACTOR), NOISE * noise):
        return None
    before = raw[: best + 1]
    if raw[-FEWEST:].min() <= before.max() and best > 0:
        return None
    if best == 0 and raw[-FEWEST:].min() <= raw[0]:
        return None
    known = values[: len(values) - bool(len(beyond))]
    if known[-1] - known[(best + len(known)) // 2] < LATER * (known[-1] - known[best]):
        return None
    since = int(places[_begins(raw, best + 1)])
    within = math.ceil(min(2 * noise / slopes[best], len(sizes)))
    return since, max(within, 1), math.exp(min(grew, 700.0))


def _begins(values: np.ndarray, at: int) -> int:
    """The place moved ahead over iterations that stand out: growth that gains speed begins before the line does."""
    while at > FEWEST:
        before = values[: at - 1]
        if values[at - 1] - before.max() <= STANDS_OUT * float(np.median(np.abs(np.diff(before)))):
            break
        at -= 1
    return at


def _smoothed(values: np.ndarray) -> np.ndarray:
    """Medians of three, the ends as they are: a single outlier, which is no growth, is gone."""
    found = values.copy()
    found[1:-1] = np.median(np.stack([values[:-2], values[1:-1], values[2:]]), axis=0)
    return found
