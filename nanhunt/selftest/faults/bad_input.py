"""A NaN in one pixel of one sample."""

from dataclasses import replace
from typing import Tuple

import numpy as np

from nanhunt.backends.planting import Plant, Planted
from nanhunt.data.loader import Batch
from nanhunt.selftest.faults.base import AT, Expected, Fault
from nanhunt.train.trial import Change, Trial


class BadInput(Fault):
    name = "bad-input"
    does = "one pixel of the last sample is NaN"
    does_to_program = "one value that the network is called with is NaN, in the last row"

    def expected(self, trial: Trial) -> Expected:
        sample = trial.batches[AT].samples[-1]
        return Expected(("bad-input",), "data", file=sample.path)

    def change(self, trial: Trial) -> Change:
        def spoil(k: int, batch: Batch) -> Batch:
            if k != AT:
                return batch
            data = batch.data.copy()
            data[-1, 0, data.shape[2] // 2, data.shape[3] // 3] = np.nan
            return replace(batch, data=data)

        return Change(batch=spoil)

    def expected_of(self, planted: Planted) -> Expected:
        return Expected(("bad-input",), "data", index=planted.index)

    def plant(self) -> Plant:
        return Plant(AT, entering=_spoilt, may_vanish=True)


def _spoilt(values: np.ndarray) -> Tuple[np.ndarray, Tuple[int, ...]]:
    values = values.copy()
    index = (values.shape[0] - 1, *(length // 2 for length in values.shape[1:]))
    values[index] = np.nan
    return values, index
