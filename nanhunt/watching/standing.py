"""Arrays that stay from iteration to iteration, looked at together."""

from typing import Dict, Iterator, List, NamedTuple, Sequence, Tuple

import numpy as np

from nanhunt.backends.base import Backend
from nanhunt.backends.reductions import Collector, Standing, Values
from nanhunt.probes import Watched


class _Part(NamedTuple):
    """Members in one memory and of one dtype, and the one call that reduces them."""

    dtype: str
    places: Sequence[int]
    standing: Standing


class StandingGroup:
    """What one probe names at one moment, for as long as it would name the same.

    Args:
        members: in the order of their readings; those that cannot hold a NaN are left out.

    Attributes:
        members: those that are left.
    """

    def __init__(self, backend: Backend, members: Sequence[Watched]) -> None:
        self._backend = backend
        self.members: List[Watched] = [each for each in members if backend.is_floating(each.tensor)]
        self._described = [(tuple(each.tensor.shape), np.dtype(each.tensor.dtype).name) for each in self.members]
        together: Dict[Tuple[str, str], List[int]] = {}
        self._alone: List[int] = []
        for place, each in enumerate(self.members):
            if backend.stands(each.tensor):
                together.setdefault((backend.device(each.tensor), self._described[place][1]), []).append(place)
            else:
                self._alone.append(place)
        self._parts = [
            _Part(dtype, places, backend.standing([self.members[place].tensor for place in places]))
            for (_, dtype), places in together.items()
        ]
        self._together = [[self.members[place] for place in part.places] for part in self._parts]
        self._together += [[self.members[place]] for place in self._alone]

    def queue(self, collector: Collector) -> List[int]:
        """Queue all reductions; their numbers in the collector, by part and then alone."""
        numbers = []
        for part in self._parts:
            dtype = "float64" if part.dtype == "float64" else "float32"
            numbers.append(collector.add_values(dtype, part.standing.reduce(), len(part.places)))
        for place in self._alone:
            reduction = self._backend.reduce(self.members[place].tensor, True)
            numbers.append(collector.add(reduction) if reduction is not None else -1)
        return numbers

    def parts(self, numbers: Sequence[int], values: Values) -> Iterator[Tuple[str, np.ndarray]]:
        """Dtype and values of members that were reduced together."""
        for part, number in zip(self._parts, numbers):
            yield part.dtype, values[number]
        for place, number in zip(self._alone, numbers[len(self._parts) :]):
            yield self._described[place][1], values[number]

    def together(self, numbers: Sequence[int]) -> Iterator[Tuple[Sequence[Watched], int]]:
        """Members that were reduced together, to one value each, and their number; nothing where they were not queued."""
        return zip(self._together, numbers)

    def read(self, numbers: Sequence[int], values: Values) -> Iterator[Tuple[Watched, Tuple[int, ...], str, np.ndarray]]:
        """Each member with its shape, its dtype and the values read; nothing where it was not queued."""
        if not numbers:
            return
        found: Dict[int, np.ndarray] = {}
        for part, number in zip(self._parts, numbers):
            found.update((place, values[number][k : k + 1]) for k, place in enumerate(part.places))
        for place, number in zip(self._alone, numbers[len(self._parts) :]):
            found[place] = values[number]
        for place, (watched, (shape, dtype)) in enumerate(zip(self.members, self._described)):
            yield watched, shape, dtype, found[place]
