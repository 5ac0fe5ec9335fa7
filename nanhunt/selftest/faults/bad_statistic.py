"""A running variance that is NaN."""

import numpy as np

from nanhunt.backends.planting import Plant, Planted, Weights
from nanhunt.selftest.faults.bad_parameter import middle
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


_chosen = middle("running_var")


def _spoilt(values: np.ndarray) -> np.ndarray:
    values = values.copy()
    values[0] = np.nan
    return values
