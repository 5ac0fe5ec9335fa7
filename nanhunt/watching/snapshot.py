"""The copies of what an iteration overwrites before anything can be checked: running statistics, and gradients that add up."""

from typing import Any, Dict, Iterable, List, Sequence, Tuple

from nanhunt.backends.base import Backend, State

Key = Tuple[str, str]
"""(name, device)"""

Place = Tuple[State, Any, int]
"""A statistic, the array that holds its copy among those of others, and where in it the copy begins."""


class Snapshot:
    """State as it was before the forward, and gradient arrays as they were before the first backward.

    Parameters need no copy: they do not change before the optimizer's update, and that is withheld on a hit.
    Statistics are many and small: those of one device are copied into one array, by one call of the framework.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._copies: Dict[Key, Place] = {}
        self._before: Dict[Key, Place] = {}
        self._gradients: Dict[Key, Any] = {}

    def take(self, states: Sequence[State]) -> None:
        """Queue a copy of each running statistic; an iteration begins."""
        self._before, self._copies, self._gradients = self._copies, {}, {}
        self.add(states)

    def add(self, states: Sequence[State]) -> None:
        """The same of what was found meanwhile."""
        groups: Dict[Tuple[str, str], List[State]] = {}
        for each in states:
            if each.statistic:
                groups.setdefault((each.device, str(each.tensor.dtype)), []).append(each)
        for members in groups.values():
            joined = self._backend.copy_together([each.tensor for each in members])
            begin = 0
            for each in members:
                self._copies[(each.name, each.device)] = (each, joined, begin)
                begin += self._backend.size(each.tensor)

    def take_gradients(self, states: Sequence[State]) -> None:
        """Queue a copy of each gradient that backward will be added to, if this is the iteration's first."""
        for each in states:
            if each.grad_req == "add" and each.grad is not None and (each.name, each.device) not in self._gradients:
                self._gradients[(each.name, each.device)] = self._backend.copy(each.grad)

    def statistics(self, carried: Iterable[Key] = ()) -> Dict[Key, Any]:
        """The copies of running statistics; of those in `carried` as they were an iteration earlier."""
        places = {**self._copies, **{key: self._before[key] for key in carried if key in self._before}}
        return {key: self._part(place) for key, place in places.items()}

    def gradients(self) -> Dict[Key, Any]:
        """The copies of gradients."""
        return dict(self._gradients)

    def restore(self) -> None:
        """Write the running statistics back."""
        for place in self._copies.values():
            self._backend.assign(place[0].tensor, self._part(place))

    def _part(self, place: Place) -> Any:
        state, joined, begin = place
        return self._backend.part(joined, begin, state.tensor.shape)
