"""The copies of what an iteration overwrites before anything can be checked: running statistics, and gradients that add up."""

from typing import Any, Dict, Iterable, Sequence, Tuple

from nanhunt.backends.base import Backend, State

Key = Tuple[str, str]
"""(name, device)"""


class Snapshot:
    """State as it was before the forward, and gradient arrays as they were before the first backward.

    Parameters need no copy: they do not change before the optimizer's update, and that is withheld on a hit.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._copies: Dict[Key, Tuple[State, Any]] = {}
        self._before: Dict[Key, Tuple[State, Any]] = {}
        self._gradients: Dict[Key, Any] = {}

    def take(self, states: Sequence[State]) -> None:
        """Queue a copy of each running statistic; an iteration begins."""
        self._before, self._copies, self._gradients = self._copies, {}, {}
        self.add(states)

    def add(self, states: Sequence[State]) -> None:
        """The same of what was found meanwhile."""
        for each in states:
            if each.statistic:
                self._copies[(each.name, each.device)] = (each, self._backend.copy(each.tensor))

    def take_gradients(self, states: Sequence[State]) -> None:
        """Queue a copy of each gradient that backward will be added to, if this is the iteration's first."""
        for each in states:
            if each.grad_req == "add" and each.grad is not None and (each.name, each.device) not in self._gradients:
                self._gradients[(each.name, each.device)] = self._backend.copy(each.grad)

    def statistics(self, carried: Iterable[Key] = ()) -> Dict[Key, Any]:
        """The copies of running statistics; of those in `carried` as they were an iteration earlier."""
        found = {key: copy for key, (_, copy) in self._copies.items()}
        found.update((key, self._before[key][1]) for key in carried if key in self._before)
        return found

    def gradients(self) -> Dict[Key, Any]:
        """The copies of gradients."""
        return dict(self._gradients)

    def restore(self) -> None:
        """Write the running statistics back."""
        for state, copy in self._copies.values():
            self._backend.assign(state.tensor, copy)
