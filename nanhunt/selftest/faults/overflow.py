"""A sum of products beyond the largest number."""

from nanhunt.selftest.faults.base import AT, Expected, Fault
from nanhunt.train.trial import Change, Trial


class Overflow(Fault):
    name = "overflow"
    does = "the first convolution's weights are multiplied by 1e38"

    def expected(self, trial: Trial) -> Expected:
        # The sums may just fit; then it is the squares in the normalisation behind that do not.
        return Expected(("overflow", "diverged"), "forward", ("Convolution", "BatchNorm", "_contrib_SyncBatchNorm"))

    def change(self, trial: Trial) -> Change:
        def spoil(k: int) -> None:
            if k == AT:
                parameter = next(each for each in trial.parameters.values() if len(each.shape) == 4)
                trial.put(parameter, parameter.data(trial.training.contexts[0]).asnumpy() / 0.1 * 1e37)

        return Change(begin=spoil)
