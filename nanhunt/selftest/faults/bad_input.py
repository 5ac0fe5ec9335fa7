"""A NaN in one pixel of one sample."""

from dataclasses import replace

import numpy as np

from nanhunt.data.loader import Batch
from nanhunt.selftest.faults.base import AT, Expected, Fault
from nanhunt.train.trial import Change, Trial


class BadInput(Fault):
    name = "bad-input"
    does = "one pixel of the last sample is NaN"

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
