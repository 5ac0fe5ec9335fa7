"""A label beyond the last class."""

from dataclasses import replace

import numpy as np

from nanhunt.backends.planting import Plant
from nanhunt.data.loader import Batch
from nanhunt.selftest.faults.base import AT, Expected, Fault
from nanhunt.train.trial import Change, Trial

_BEYOND = 3


class BadLabel(Fault):
    name = "bad-label"
    does = "a patch of labels lies beyond the last class"
    does_to_program = "the last label lies beyond the last class"
    expects = Expected(("bad-label",))

    def change(self, trial: Trial) -> Change:
        def spoil(k: int, batch: Batch) -> Batch:
            if k != AT:
                return batch
            label = batch.label.copy()
            height, width = label.shape[1:]
            label[-1, height // 4 : height // 2, width // 4 : width // 2] = trial.options.num_class + _BEYOND
            return replace(batch, label=label)

        return Change(batch=spoil)

    def plant(self) -> Plant:
        return Plant(AT, label=_spoilt)


def _spoilt(labels: np.ndarray, classes: int) -> np.ndarray:
    labels = labels.copy()
    labels.reshape(-1)[-1] = classes + _BEYOND
    return labels
