"""The gradients, on every device, before they are summed or clipped."""

from typing import Iterable

from nanhunt.probes.base import IterationView, Probe, Watched


class Gradients(Probe):
    """The gradient of every parameter on the devices that backward ran on."""

    name = "gradients"
    standing = True

    def end(self, view: IterationView) -> Iterable[Watched]:
        devices = {head.device for head in view.heads}
        return [
            Watched("gradient", state.name, state.device, state.grad)
            for state in view.parameters
            if state.grad is not None and state.device in devices
        ]
