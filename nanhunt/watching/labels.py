"""Labels that an operator reads, looked at once an iteration, out of the one read of all that is watched.

Of labels and rows the largest, against how many there are. Of the sequences of a CTC loss the labels themselves, which are few.
"""

from typing import Any, List, Sequence, Set, Tuple

import numpy as np

from nanhunt.backends.alignment import Alignment, impossible
from nanhunt.backends.base import Backend
from nanhunt.backends.indexing import Indexing
from nanhunt.backends.reductions import Collector, Values


class LabelWatch:
    """Collects while an iteration runs. What turned out to be masked, or was told already, is not looked at again."""

    def __init__(self, backend: Backend, collector: Collector) -> None:
        self._backend = backend
        self._collector = collector
        self._queued: List[Tuple[str, int, int]] = []
        self._aligned: List[Tuple[str, Alignment, List[int], List[Tuple[int, ...]]]] = []
        self._settled: Set[str] = set()

    def look(self, place: str, how: Indexing, tensor: Any) -> None:
        """Queue a look at indices that an operator reads.

        Args:
            place: of the operator: block and source line.
        """
        if place not in self._settled:
            largest = self._backend.largest(tensor, how.ignored)
            number = self._collector.add_values("float32", largest, 1)
            self._queued.append((place, how.size, number))

    def look_at_targets(self, place: str, how: Alignment, tensors: Sequence[Any]) -> None:
        """Queue copies of the labels and lengths that a CTC loss reads; the program may reuse its arrays.

        Args:
            tensors: those of `how.inputs`.
        """
        if place not in self._settled:
            numbers = []
            for each in tensors:
                copy, dtype = self._backend.copier([each])(), np.dtype(each.dtype).name
                numbers.append(self._collector.add_values(dtype, copy, self._backend.size(each)))
            self._aligned.append((place, how, numbers, [tuple(each.shape) for each in tensors]))

    def suspects(self, values: Values) -> List[str]:
        """Places at which an index was beyond the last, or a label has no path, out of what was read."""
        found = [place for place, size, number in self._queued if float(values[number][0]) >= size]
        for place, how, numbers, shapes in self._aligned:
            if impossible(how, [values[number].reshape(shape) for number, shape in zip(numbers, shapes)]):
                found.append(place)
        return found

    def settle(self, places: List[str]) -> None:
        """These need no further look."""
        self._settled.update(places)

    def reset(self) -> None:
        """Forget the iteration."""
        self._queued, self._aligned = [], []
