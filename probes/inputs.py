"""The batch, as it goes in."""

from typing import Iterable

from nanhunt.probes.base import IterationView, Probe, Watched


class Inputs(Probe):
    """Every named array of the batch that can hold a NaN."""

    name = "inputs"

    def begin(self, view: IterationView) -> Iterable[Watched]:
        return [Watched("input", name, device, tensor) for (device, name), tensor in view.batch.items()]
