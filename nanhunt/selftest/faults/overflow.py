"""A sum of products beyond the largest number."""

import numpy as np

from nanhunt.backends.planting import NotPlantable, Plant, Planted, Weights
from nanhunt.selftest.faults.bad_parameter import weights
from nanhunt.selftest.faults.base import AT, Expected, Fault
from nanhunt.train.trial import Change, Trial


class Overflow(Fault):
    name = "overflow"
    does = "the first convolution's weights are multiplied by 1e38"
    does_to_program = "the first layer's weights are scaled up to 3e38"

    def expected(self, trial: Trial) -> Expected:
        # The sums may just fit; then it is the squares in the normalisation behind that do not.
        return Expected(("overflow", "diverged"), "forward", ("Convolution", "BatchNorm", "_contrib_SyncBatchNorm"))

    def change(self, trial: Trial) -> Change:
        def spoil(k: int) -> None:
            if k == AT:
                first = next(name for name, each in trial.parameters.items() if len(each.shape) == 4)
                trial.rewrite(first, lambda values: values / 0.1 * 1e37)

        return Change(begin=spoil)

    def expected_of(self, planted: Planted) -> Expected:
        # How far the sums fit depends on the layer's size, so that it may be a later one's that do not, or the backward's.
        return Expected(("overflow", "diverged", "exploding-gradients"))

    def plant(self) -> Plant:
        return Plant(AT, weights=Weights(AT, lambda names: weights(names)[0], _scaled), may_vanish=True)


def _scaled(values: np.ndarray) -> np.ndarray:
    largest = float(np.abs(values).max())
    if largest == 0:
        raise NotPlantable("the first layer's weights are all 0")
    return values / largest * float(np.finfo(values.dtype).max) * 0.9
