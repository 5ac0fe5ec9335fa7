"""The optimizer's state: momentum, second moments, master weights.

SGD's momentum is added to the parameter by every update: NaN or Inf in it is NaN or Inf in the parameter, which is looked at.
So it is looked at itself only at the start of a run and after a hit.
"""

from typing import Iterable

from nanhunt.probes.base import IterationView, Probe, Watched


class Optimizer(Probe):
    """Every array that the optimizer keeps and that no parameter tells of."""

    name = "optimizer"
    standing = True

    def begin(self, view: IterationView) -> Iterable[Watched]:
        skipped = () if view.first else view.implied
        return [
            Watched("optimizer", name, device, tensor)
            for (device, name), tensor in view.optimizer.items()
            if (device, name) not in skipped
        ]
