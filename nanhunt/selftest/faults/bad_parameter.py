"""A weight that is NaN before the iteration begins, as out of a damaged checkpoint."""

from typing import Sequence

import numpy as np

from nanhunt.backends.planting import NotPlantable, Plant, Planted, Weights
from nanhunt.selftest.faults.base import Expected, Fault
from nanhunt.train.trial import Change, Trial

_OTHERS = ("bias", "gamma", "beta", "running_mean", "running_var")


def weights(names: Sequence[str]) -> Sequence[str]:
    """Those that are weights: by their names, else all that are called nothing else.

    Raises:
        NotPlantable: there are none.
    """
    found = [each for each in names if each.endswith("weight")] or [each for each in names if not each.endswith(_OTHERS)]
    if not found:
        raise NotPlantable("the network has no weight")
    return found


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


def _chosen(names: Sequence[str]) -> str:
    found = weights(names)
    return found[len(found) // 2]


def _spoilt(values: np.ndarray) -> np.ndarray:
    values = values.copy()
    values.reshape(-1)[values.size // 2] = np.nan
    return values
