"""The largest of every array of labels or rows that an operator reads, against how many there are; read once an iteration."""

from typing import Any, List, Set, Tuple

from nanhunt.backends.base import Backend
from nanhunt.backends.indexing import Indexing
from nanhunt.backends.reductions import Collector, Values


class LabelWatch:
    """Collects while an iteration runs. What turned out to be masked, or was told already, is not looked at again."""

    def __init__(self, backend: Backend, collector: Collector) -> None:
        self._backend = backend
        self._collector = collector
        self._queued: List[Tuple[str, int, int]] = []
        self._settled: Set[str] = set()

    def look(self, place: str, how: Indexing, tensor: Any) -> None:
        """Queue a look at indices that an operator reads.

        Args:
            place: of the operator: block and source line.
        """
        if place not in self._settled:
            largest = self._backend.largest(tensor, how.ignored)
            number = self._collector.add_values(self._backend.device(tensor), "float32", largest, 1)
            self._queued.append((place, how.size, number))

    def beyond(self, values: Values) -> List[str]:
        """Places at which an index was beyond the last, out of what was read."""
        return [place for place, size, number in self._queued if float(values[number][0]) >= size]

    def settle(self, places: List[str]) -> None:
        """These need no further look."""
        self._settled.update(places)

    def reset(self) -> None:
        """Forget the iteration."""
        self._queued = []
