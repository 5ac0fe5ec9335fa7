"""The losses that backward is called on."""

from typing import Iterable

from nanhunt.probes.base import IterationView, Probe, Watched


class LossValues(Probe):
    """Every head, before any mean over it is printed."""

    name = "loss"

    def loss(self, view: IterationView) -> Iterable[Watched]:
        return view.heads
