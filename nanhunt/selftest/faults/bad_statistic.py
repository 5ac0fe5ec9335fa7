"""A running variance that is NaN."""

from typing import Sequence

import numpy as np

from nanhunt.backends.planting import NotPlantable, Plant, Planted, Weights
from nanhunt.selftest.faults.base import AT, Expected, Fault
from nanhunt.train.trial import Change, Trial


class BadStatistic(Fault):
    name = "bad-statistic"
    does = "one running variance is NaN"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("bad-statistic",), "aux", block=_chosen(list(trial.parameters)))

    def change(self, trial: Trial) -> Change:
        def spoil(k: int) -> None:
            if k == AT:
                trial.rewrite(_chosen(list(trial.parameters)), _spoilt)

        return Change(begin=spoil)

    def expected_of(self, planted: Planted) -> Expected:
        return Expected(("bad-statistic",), "aux", block=planted.name)

    def plant(self) -> Plant:
        return Plant(AT, weights=Weights(AT, _chosen, _spoilt))


def _chosen(names: Sequence[str]) -> str:
    found = [each for each in names if each.endswith("running_var")]
    if not found:
        raise NotPlantable("the network has no running_var")
    return found[len(found) // 2]


def _spoilt(values: np.ndarray) -> np.ndarray:
    values = values.copy()
    values[0] = np.nan
    return values
