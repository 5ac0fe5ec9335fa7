"""What probes are shown of the iteration under way."""

from typing import Any, Mapping, Sequence, Tuple

from nanhunt.backends.base import Backend, Instrumentation, State
from nanhunt.probes import IterationView, Watched

Named = Mapping[Tuple[str, str], Any]
"""Arrays by (device, name)."""


class Views:
    """Views of one iteration after another.

    Attributes:
        now: of the iteration under way. It holds the same objects as the one before, while the states and the optimizer's
            arrays are the same.
        settled: the iteration before was looked at, and what it left is finite.
    """

    def __init__(self, backend: Backend, instrumentation: Instrumentation) -> None:
        self._backend = backend
        self._instrumentation = instrumentation
        self.now = IterationView({}, (), (), {})
        self.settled = False
        self._states: Sequence[State] = ()
        self._arrays: Mapping[str, Any] = {}
        self._whole = self.now

    def begin(self, states: Sequence[State], named: Named) -> IterationView:
        """Of an iteration that begins.

        Args:
            named: what goes into it, as far as it is known.
        """
        arrays = self._instrumentation.optimizer_arrays()
        fresh = states is not self._states or arrays is not self._arrays
        if fresh:
            optimizer = {(self._backend.device(tensor), name): tensor for name, tensor in arrays.items()}
            implied = self._instrumentation.implied()
            places = frozenset(place for place in optimizer if place[1] in implied)
            self._states, self._arrays = states, arrays
            self._whole = self.of_states(states)._replace(optimizer=optimizer, implied=places)
        self.now = self._whole._replace(batch=named, first=fresh or not self.settled)
        return self.now

    def grew(self, states: Sequence[State], named: Named) -> None:
        """There are more states than when the iteration began."""
        heads = self.now.heads
        self.now = self.begin(states, named)._replace(heads=heads)

    def differentiated(self, heads: Sequence[Watched]) -> IterationView:
        """The iteration has come to its losses."""
        self.now = self.now._replace(heads=tuple(heads))
        return self.now

    def returned(self, activation: Watched) -> IterationView:
        """With what a block has just returned."""
        now = self.now  # not `_replace`, which takes three times as long
        return IterationView(now.batch, now.parameters, now.aux, now.optimizer, now.heads, now.first, activation, now.implied)

    def of_states(self, states: Sequence[State]) -> IterationView:
        """Nothing but these."""
        statistics = [each for each in states if each.statistic]
        return IterationView({}, [each for each in states if not each.statistic], statistics, {}, first=not self.settled)

    def of_inputs(self, named: Named) -> IterationView:
        """Nothing but these."""
        return IterationView(named, (), (), {}, first=not self.settled)

    def of_updated(self) -> IterationView:
        """What an update writes: parameters and the optimizer's arrays."""
        return IterationView({}, self.now.parameters, (), self.now.optimizer)
