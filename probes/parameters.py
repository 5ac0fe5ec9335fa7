"""The parameters, as the last update left them."""

from typing import Iterable

from nanhunt.probes.base import IterationView, Probe, Watched


class Parameters(Probe):
    """Every parameter on every device."""

    name = "parameters"
    standing = True

    def begin(self, view: IterationView) -> Iterable[Watched]:
        return [Watched("parameter", state.name, state.device, state.tensor) for state in view.parameters]
