"""The optimizer's state: momentum, second moments, master weights."""

from typing import Iterable

from nanhunt.probes.base import IterationView, Probe, Watched


class Optimizer(Probe):
    """Every array that the optimizer keeps."""

    name = "optimizer"
    standing = True

    def begin(self, view: IterationView) -> Iterable[Watched]:
        return [Watched("optimizer", name, device, tensor) for (device, name), tensor in view.optimizer.items()]
