"""Labels that an operator reads, looked at once an iteration, with one read for all of them.

Of labels and rows the largest, against how many there are. Of the sequences of a CTC loss the labels themselves, which are few.
"""

from typing import Any, List, Sequence, Set, Tuple

from nanhunt.backends.alignment import Alignment, impossible
from nanhunt.backends.base import Backend
from nanhunt.backends.indexing import Indexing


class LabelWatch:
    """Collects while an iteration runs. What turned out to be masked, or was told already, is not looked at again."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._queued: List[Tuple[str, int, Any]] = []
        self._aligned: List[Tuple[str, Alignment, List[Any], List[Tuple[int, ...]]]] = []
        self._settled: Set[str] = set()

    def look(self, place: str, how: Indexing, tensor: Any) -> None:
        """Queue a look at indices that an operator reads.

        Args:
            place: of the operator: block and source line.
        """
        if place not in self._settled:
            self._queued.append((place, how.size, self._backend.largest(tensor, how.ignored)))

    def look_at_targets(self, place: str, how: Alignment, tensors: Sequence[Any]) -> None:
        """Queue copies of the labels and lengths that a CTC loss reads; the program may reuse its arrays.

        Args:
            tensors: those of `how.inputs`.
        """
        if place not in self._settled:
            copies = [self._backend.copy_together([each]) for each in tensors]
            self._aligned.append((place, how, copies, [tuple(each.shape) for each in tensors]))

    def suspects(self) -> List[str]:
        """Places at which an index was beyond the last, or a label has no path; waits for the devices."""
        if not self._queued and not self._aligned:
            return []
        copies = [each for _, _, arrays, _ in self._aligned for each in arrays]
        values = self._backend.read([each for _, _, each in self._queued] + copies)
        found = [place for (place, size, _), value in zip(self._queued, values) if float(value[0]) >= size]
        rest = iter(values[len(self._queued) :])
        for place, how, _, shapes in self._aligned:
            if impossible(how, [next(rest).reshape(shape) for shape in shapes]):
                found.append(place)
        return found

    def settle(self, places: List[str]) -> None:
        """These need no further look."""
        self._settled.update(places)

    def reset(self) -> None:
        """Forget the iteration."""
        self._queued, self._aligned = [], []
