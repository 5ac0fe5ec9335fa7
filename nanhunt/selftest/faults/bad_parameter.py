"""A weight that is NaN before the iteration begins, as out of a damaged checkpoint."""

from typing import Any

import numpy as np

from nanhunt.selftest.faults.base import Expected, Fault
from nanhunt.train.trial import Change, Trial


def middle(trial: Trial, suffix: str) -> Any:
    """The middle one of the parameters whose names end so."""
    found = [each for name, each in trial.parameters.items() if name.endswith(suffix)]
    return found[len(found) // 2]


class BadParameter(Fault):
    name = "bad-parameter"
    does = "one weight in the middle of the network is NaN"

    def expected(self, trial: Trial) -> Expected:
        return Expected(("bad-parameter",), "parameter", block=middle(trial, "weight").name, step=0)

    def change(self, trial: Trial) -> Change:
        def spoil(k: int) -> None:
            if k == 0:
                parameter = middle(trial, "weight")
                value = parameter.data(trial.training.contexts[0]).asnumpy()
                value.reshape(-1)[value.size // 2] = np.nan
                trial.put(parameter, value)

        return Change(begin=spoil)
