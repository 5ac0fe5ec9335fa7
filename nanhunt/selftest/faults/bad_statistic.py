"""A running variance that is NaN."""

import numpy as np

from nanhunt.selftest.faults.bad_parameter import middle
from nanhunt.selftest.faults.base import AT, Expected, Fault
from nanhunt.train.trial import Change, Trial


class BadStatistic(Fault):
    name = "bad-statistic"
    does = "one running variance is NaN"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("bad-statistic",), "aux", block=middle(trial, "running_var").name)

    def change(self, trial: Trial) -> Change:
        def spoil(k: int) -> None:
            if k == AT:
                parameter = middle(trial, "running_var")
                value = parameter.data(trial.training.contexts[0]).asnumpy()
                value[0] = np.nan
                trial.put(parameter, value)

        return Change(begin=spoil)
