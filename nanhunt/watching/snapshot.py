"""The copy of what the forward overwrites: running statistics, which change before anything can be checked."""

from typing import Any, Dict, Sequence, Tuple

from nanhunt.backends.base import Backend, State


class Snapshot:
    """Running statistics as they were before the forward.

    Parameters need no copy: they do not change before the optimizer's update, and that is withheld on a hit.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._copies: Dict[Tuple[str, str], Tuple[State, Any]] = {}

    def take(self, statistics: Sequence[State]) -> None:
        """Queue a copy of each."""
        self._copies = {(each.name, each.device): (each, self._backend.copy(each.tensor)) for each in statistics}

    def tensors(self) -> Dict[Tuple[str, str], Any]:
        """The copies by (name, device)."""
        return {key: copy for key, (_, copy) in self._copies.items()}

    def restore(self) -> None:
        """Write the copies back."""
        for state, copy in self._copies.values():
            self._backend.assign(state.tensor, copy)
