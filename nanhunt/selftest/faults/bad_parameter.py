"""A weight that is NaN before the iteration begins, as out of a damaged checkpoint."""

from typing import Callable, Sequence

import numpy as np

from nanhunt.backends.planting import NotPlantable, Plant, Planted, Weights
from nanhunt.selftest.faults.base import Expected, Fault
from nanhunt.train.trial import Change, Trial


def middle(suffix: str) -> Callable[[Sequence[str]], str]:
    """Chooses the middle one of the names that end so; raises NotPlantable where there is none."""

    def choose(names: Sequence[str]) -> str:
        found = [each for each in names if each.endswith(suffix)]
        if not found:
            raise NotPlantable("the network has no %s" % suffix)
        return found[len(found) // 2]

    return choose


class BadParameter(Fault):
    name = "bad-parameter"
    does = "one weight in the middle of the network is NaN"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("bad-parameter",), "parameter", block=_chosen(list(trial.parameters)), step=0)

    def change(self, trial: Trial) -> Change:
        def spoil(k: int) -> None:
            if k == 0:
                trial.rewrite(_chosen(list(trial.parameters)), _spoilt)

        return Change(begin=spoil)

    def expected_of(self, planted: Planted) -> Expected:
        return Expected(("bad-parameter",), "parameter", block=planted.name, step=0)

    def plant(self) -> Plant:
        return Plant(0, weights=Weights(0, _chosen, _spoilt))


_chosen = middle("weight")


def _spoilt(values: np.ndarray) -> np.ndarray:
    values = values.copy()
    values.reshape(-1)[values.size // 2] = np.nan
    return values
