"""`nanhunt replay --rewind N`: the walk as it was, and the same with each change that was asked for."""

from dataclasses import dataclass
from typing import Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np

from nanhunt.diagnose.finding import RunUpVerdict
from nanhunt.diagnose.growth import verdict_of
from nanhunt.dump.runup import run_up_of
from nanhunt.errors import NanhuntError
from nanhunt.replay.cures import Change
from nanhunt.replay.cures.base import ChangesNothing, NotPossible, Trial
from nanhunt.replay.explain import explain
from nanhunt.replay.rewinding.change import WalkChange, walk_change
from nanhunt.replay.rewinding.walk import Remake, Walk, Walked
from nanhunt.replay.session import Session

Seen = Callable[[Walked], None]


@dataclass(frozen=True)
class Layer:
    """How a tensor's size went.

    Attributes:
        kind, name: which.
        sizes: at each of the iterations shown, NaN where there is none; infinite also where its square is.
    """

    kind: str
    name: str
    sizes: Tuple[float, ...]


@dataclass(frozen=True)
class Rewound:
    """What going back showed.

    Attributes:
        iterations: from where it began, the dumped one last.
        before: iterations between the snapshot and there, walked as well.
        differing: what of the state that the walk came to is not the recorded one.
        verdict: what the run-up tells; None where the dump holds none.
    """

    iterations: Tuple[Walked, ...]
    before: int
    differing: Tuple[str, ...]
    verdict: Optional[RunUpVerdict]

    @property
    def identical(self) -> bool:
        return all(each.identical for each in self.iterations)

    def layers(self, most: int) -> Tuple[Tuple[int, ...], List[Layer]]:
        """Steps spread over the walk, and how the sizes went that grew most, in the order of execution."""
        count = len(self.iterations)
        places = sorted({round(k * (count - 1) / 4) for k in range(5)})
        found: List[Layer] = []
        for kind, name in dict.fromkeys(key for each in self.iterations for key in each.sizes):
            if kind in ("activation", "gradient"):
                sizes = [self.iterations[k].sizes.get((kind, name), float("nan")) for k in places]
                found.append(Layer(kind, name, tuple(sizes)))
        grew = sorted(range(len(found)), key=lambda k: -_growth(found[k].sizes))[:most]
        return tuple(self.iterations[k].step for k in places), [found[k] for k in sorted(grew)]


def _growth(sizes: Sequence[float]) -> float:
    """How many times larger the last that is a number is than the first."""
    known = [each for each in sizes if np.isfinite(each) and each > 0]
    broke = np.inf if len(known) < len(sizes) and known else 1.0
    return float(known[-1] / known[0] * (broke if known[-1] > 100 * known[0] else 1.0)) if known else 0.0


def rewind(session: Session, back: int, seen: Seen, remake: Remake) -> Rewound:
    """Walk from the last snapshot to the dumped iteration, as it was.

    Args:
        back: iterations before the dumped one from which on `seen` is told, one after the other.
        remake: makes a batch again where the dump holds its indices.

    Raises:
        ReplayError: the dump holds no way back, or not so far.
    """
    walk = Walk(session.record, session.backend, remake)
    begins, walked, before = walk.at(back), [], 0
    for each in walk.run():
        if each.step < begins:
            before += 1
            continue
        seen(each)
        walked.append(each)
    run_up = run_up_of(session.record)
    differing = tuple(walk.differing_state())
    return Rewound(tuple(walked), before, differing, verdict_of(run_up) if run_up is not None else None)


def rewind_with(session: Session, back: int, changes: Sequence[Change], remake: Remake) -> List[Tuple[Trial, Optional[Walked]]]:
    """Whether the run would have got to the dumped iteration's end with each change made from `back` iterations before it on.

    Returns:
        a row a change, and the last iteration that ran.

    Raises:
        ReplayError: as `rewind`.
    """
    walk = Walk(session.record, session.backend, remake)
    begins = walk.at(back)
    explanation = explain(session.record, session.backend)
    made = [walk_change(each, explanation, _rates(session), session.record.optimizer_settings) for each in changes]
    return [_walked(walk, begins, change, each) for change, each in zip(changes, made)]


def _walked(walk: Walk, begins: int, change: Change, made: WalkChange) -> Tuple[Trial, Optional[Walked]]:
    first: Optional[Walked] = None
    last: Optional[Walked] = None
    try:
        for last in walk.run(made, begins):
            first = first or (last if last.step >= begins else None)
    except (NotPossible, ChangesNothing) as why:
        return Trial(change.label, change.summary, "not possible: %s" % why), last
    except (NanhuntError, MemoryError) as error:
        return Trial(change.label, change.summary, "not possible: %s" % error), last
    assert last is not None
    did = made.did or change.summary
    if last.bad:
        where = ", ".join("%s in %s" % (value, place) for place, value in last.bad)
        result = "non-finite at step %d, %s: %s" % (last.step, _before(walk.last - last.step), where)
    else:
        result = "finite"
    loss = "loss %.4g" % last.loss if first is None else "loss %.4g, at first %.4g" % (last.loss, first.loss)
    return Trial(change.label, did, result, "%s; gradient norm %.4g" % (loss, last.gradient_norm)), last


def _before(count: int) -> str:
    return "where it was" if count == 0 else "%d iteration%s earlier than it was" % (count, "" if count == 1 else "s")


def _rates(session: Session) -> Dict[int, float]:
    """Step to the learning rate of its update, as the run-up has it, else the optimizer's as it stands."""
    run_up = run_up_of(session.record)
    now = session.record.optimizer_settings.get("learning_rate")
    fallback = float(now) if isinstance(now, (int, float)) else float("nan")
    if run_up is None:
        return {}
    return {int(step): float(lr) if np.isfinite(lr) else fallback for step, lr in zip(run_up.step, run_up.lr)}
