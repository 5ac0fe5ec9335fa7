"""What every leaf block returns in the forward."""

from typing import Iterable

from nanhunt.probes.base import IterationView, Probe, Watched


class Activations(Probe):
    """Every output of every block without children."""

    name = "activations"

    def forward(self, view: IterationView) -> Iterable[Watched]:
        return (view.activation,)
