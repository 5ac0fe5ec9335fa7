"""The largest of every array of labels or rows that an operator reads, against how many there are; read once an iteration."""

from typing import Any, List, Set, Tuple

from nanhunt.backends.base import Backend
from nanhunt.backends.indexing import Indexing


class LabelWatch:
    """Collects while an iteration runs. What turned out to be masked, or was told already, is not looked at again."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._queued: List[Tuple[str, int, Any]] = []
        self._settled: Set[str] = set()

    def look(self, place: str, how: Indexing, tensor: Any) -> None:
        """Queue a look at indices that an operator reads.

        Args:
            place: of the operator: block and source line.
        """
        if place not in self._settled:
            self._queued.append((place, how.size, self._backend.largest(tensor, how.ignored)))

    def beyond(self) -> List[str]:
        """Places at which an index was beyond the last; waits for the devices."""
        if not self._queued:
            return []
        largest = self._backend.read([each for _, _, each in self._queued])
        return [place for (place, size, _), value in zip(self._queued, largest) if float(value[0]) >= size]

    def settle(self, places: List[str]) -> None:
        """These need no further look."""
        self._settled.update(places)

    def reset(self) -> None:
        """Forget the iteration."""
        self._queued = []
