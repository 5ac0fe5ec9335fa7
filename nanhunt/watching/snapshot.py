"""The copies of what an iteration overwrites before anything can be checked: running statistics, and gradients that add up."""

from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from nanhunt.backends.base import Backend, State

Key = Tuple[str, str]
"""(name, device)"""

Place = Tuple[State, Any, int]
"""A statistic, the array that holds its copy among those of others, and where in it the copy begins."""


class _Prepared(NamedTuple):
    """Statistics of one device and dtype, where in their common copy each begins, and what makes that."""

    keys: Sequence[Key]
    members: Sequence[State]
    begins: Sequence[int]
    copy: Callable[[], Any]


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
        self._prepared_for: Optional[Sequence[State]] = None
        self._prepared: List[_Prepared] = []

    def take(self, states: Sequence[State]) -> None:
        """Queue a copy of each running statistic; an iteration begins.

        Args:
            states: the same list as long as the same arrays are meant.
        """
        self._before, self._copies, self._gradients = self._copies, {}, {}
        if states is not self._prepared_for:
            self._prepared_for, self._prepared = states, self._prepare(states)
        self._copy(self._prepared)

    def add(self, states: Sequence[State]) -> None:
        """The same of what was found meanwhile."""
        self._copy(self._prepare(states))

    def _prepare(self, states: Sequence[State]) -> List[_Prepared]:
        groups: Dict[Tuple[str, str], List[State]] = {}
        for each in states:
            if each.statistic:
                groups.setdefault((each.device, str(each.tensor.dtype)), []).append(each)
        prepared = []
        for members in groups.values():
            begins, end = [], 0
            for each in members:
                begins.append(end)
                end += self._backend.size(each.tensor)
            keys = [(each.name, each.device) for each in members]
            prepared.append(_Prepared(keys, members, begins, self._backend.copier([each.tensor for each in members])))
        return prepared

    def _copy(self, prepared: Sequence[_Prepared]) -> None:
        for each in prepared:
            joined = each.copy()
            self._copies.update(zip(each.keys, [(state, joined, begin) for state, begin in zip(each.members, each.begins)]))

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
