"""What a walk does otherwise: another learning rate, clipped gradients, or another graph, in every iteration."""

import math
from typing import Callable, Dict, Iterable, Mapping, Optional, Sequence, Tuple

import numpy as np

from nanhunt.backends.graph import Graph, Leaf
from nanhunt.backends.update import Update
from nanhunt.errors import UsageError
from nanhunt.replay.cures import Change
from nanhunt.replay.cures.base import GraphChange, NotHere, Situation, norm_of
from nanhunt.replay.cures.clip_grad import ClipGradient
from nanhunt.replay.cures.eps import Eps, with_eps
from nanhunt.replay.cures.learning_rate import LearningRate
from nanhunt.replay.cures.update import rated
from nanhunt.replay.explain import Explanation
from nanhunt.replay.session import Session

Values = Callable[[Leaf], np.ndarray]
Gradients = Dict[str, np.ndarray]


class WalkChange:
    """Nothing: every iteration as it was."""

    did = ""
    """In words, once it ran."""

    def iteration(self, session: Session, same: bool) -> Tuple[Graph, Values]:
        """What runs in place of an iteration.

        Args:
            same: its graph is that of the dumped iteration.
        """
        return session.graph, session.leaf

    def update(self, update: Update, gradients: Gradients, step: int) -> Tuple[Update, Gradients]:
        """What is written after it, and the gradients that it reads."""
        return update, gradients


AsItWas = WalkChange


class Rate(WalkChange):
    """Another learning rate.

    Args:
        rate: the new one; None for a tenth.
        now: step to the rate that its update had.
        settings: of the optimizer.
    """

    def __init__(self, rate: Optional[float], now: Mapping[int, float], settings: Mapping[str, object]) -> None:
        self.rate, self.now, self.settings = rate, now, settings

    def update(self, update: Update, gradients: Gradients, step: int) -> Tuple[Update, Gradients]:
        now = self.now.get(step, math.nan)
        if not math.isfinite(now) or now == 0:
            raise NotHere("the learning rate of step %d is not known (%s)" % (step, now))
        rate = self.rate if self.rate is not None else now / 10
        self.did = self.did or "learning rate %g instead of %g from step %d on" % (rate, now, step)
        changed = rated(update, rate / now, now, self.settings) if rate != now else update
        if changed is None:
            raise NotHere("the learning rate stands in none of the update's operators by itself")
        return changed, gradients


class Clip(WalkChange):
    """All gradients times one factor, so that their norm is at most this."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._clipped = 0

    def update(self, update: Update, gradients: Gradients, step: int) -> Tuple[Update, Gradients]:
        norm = norm_of(list(gradients.values()))
        if norm <= self.limit:
            return update, gradients
        self._clipped += 1
        self.did = "gradients scaled to a norm of %g in %d iterations" % (self.limit, self._clipped)
        factor = self.limit / norm
        return update, {name: (each.astype(np.float64) * factor).astype(each.dtype) for name, each in gradients.items()}


class Rewritten(WalkChange):
    """A change of the graph, made to each iteration that ran the dumped one's."""

    def __init__(self, change: Change, explanation: Explanation) -> None:
        self._change, self._explanation = change, explanation

    def iteration(self, session: Session, same: bool) -> Tuple[Graph, Values]:
        if not same:
            raise NotHere("an iteration on the way ran another graph")
        situation = Situation(session, self._explanation)
        if isinstance(self._change, Eps):
            variant = with_eps(situation, self._change.eps if self._change.eps is not None else 1e-3)
        else:
            assert isinstance(self._change, GraphChange)
            variant = self._change.vary(situation)
        self.did = variant.did
        return variant.graph, variant.values


def check_changes(changes: Iterable[Change]) -> None:
    """Whether these can be made to a walk.

    Raises:
        UsageError: one cannot.
    """
    for change in changes:
        if not isinstance(change, (LearningRate, ClipGradient, GraphChange, Eps)):
            raise UsageError("--try %s cannot be made with --rewind; there are %s" % (change.name, ", ".join(WITH_REWIND)))


def walk_change(
    change: Change, explanation: Explanation, now: Mapping[int, float], settings: Mapping[str, object]
) -> WalkChange:
    """The change of `--try`, for every iteration of a walk.

    Args:
        now: step to learning rate.
        settings: of the optimizer.
    """
    if isinstance(change, LearningRate):
        return Rate(change.rate, now, settings)
    if isinstance(change, ClipGradient):
        return Clip(change.limit)
    return Rewritten(change, explanation)


WITH_REWIND: Sequence[str] = ("lr", "clip-grad", "eps", "log-softmax", "batchnorm", "clip-input", "float64", "float64-all")
