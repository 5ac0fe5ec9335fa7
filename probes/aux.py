"""The running statistics: as they were found at the start of a run, and as each forward leaves them."""

from typing import Iterable

from nanhunt.probes.base import IterationView, Probe, Watched


class Aux(Probe):
    """Every running mean and variance; those that an iteration leaves are those that the next one finds."""

    name = "aux"
    standing = True

    def begin(self, view: IterationView) -> Iterable[Watched]:
        return self.end(view) if view.first else ()

    def end(self, view: IterationView) -> Iterable[Watched]:
        return [Watched("aux", state.name, state.device, state.tensor) for state in view.aux]
