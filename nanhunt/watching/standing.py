"""Arrays that stay from iteration to iteration, looked at together."""

from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from nanhunt.backends.base import Backend
from nanhunt.backends.reductions import Collector, Standing, Values
from nanhunt.probes import Watched


class _Part(NamedTuple):
    """Members in one memory and of one dtype, and the one call that reduces them.

    Attributes:
        turn: it is read at each `SHARES`th time at least; None where it is read each time.
    """

    dtype: str
    places: Sequence[int]
    standing: Standing
    turn: Optional[int]


SHARES, _SHARED_BYTES = 16, 4 << 20
"""Parameters that need no reading are read all the same from time to time, a share at each iteration, where they are many."""


class StandingGroup:
    """What one probe names at one moment, for as long as it would name the same.

    Args:
        members: in the order of their readings; those that cannot hold a NaN are left out.
        moderate: whether an array is known to be finite without a look at it; None where that is known of none.

    Attributes:
        members: those that are left.
    """

    def __init__(self, backend: Backend, members: Sequence[Watched], moderate: Optional[Callable[[Any], bool]] = None) -> None:
        self._backend = backend
        self._named = list(members)
        self._moderate = moderate
        self._times = 0
        self._sums: Dict[int, float] = {}
        self.members: List[Watched] = [each for each in members if backend.is_floating(each.tensor)]
        self._described = [(tuple(each.tensor.shape), np.dtype(each.tensor.dtype).name) for each in self.members]
        together: Dict[Tuple[str, str], List[int]] = {}
        self._alone: List[int] = []
        for place, each in enumerate(self.members):
            if backend.stands(each.tensor):
                together.setdefault((backend.device(each.tensor), self._described[place][1]), []).append(place)
            else:
                self._alone.append(place)
        self._parts: List[_Part] = []
        for (_, dtype), places in together.items():
            for turn, share in self._shares(places):
                standing = backend.standing([self.members[place].tensor for place in share])
                self._parts.append(_Part(dtype, share, standing, turn))
        self._together = [[self.members[place] for place in part.places] for part in self._parts]
        self._together += [[self.members[place]] for place in self._alone]

    def has(self, members: Sequence[Watched]) -> bool:
        """Whether it was made of these."""
        return len(members) == len(self._named) and all(
            a.tensor is b.tensor and a[:3] == b[:3] for a, b in zip(members, self._named)
        )

    def queue(self, collector: Collector) -> List[int]:
        """Queue the reductions; their numbers in the collector, by part and then alone; -1 where none is needed."""
        numbers = []
        self._times += 1
        for k, part in enumerate(self._parts):
            if k in self._sums and part.turn is not None and part.turn != self._times % SHARES and self._needless(part):
                numbers.append(-1)
                continue
            numbers.append(self._add(part, collector))
        return numbers + [self._add_alone(place, collector) for place in self._alone]

    def queue_again(self, collector: Collector, numbers: Sequence[int]) -> None:
        """Queue once more what `queue` did, for nothing but the time that it takes."""
        for part, number in zip(self._parts, numbers):
            if number >= 0:
                self._add(part, collector)
        for place in self._alone:
            self._add_alone(place, collector)

    def _add_alone(self, place: int, collector: Collector) -> int:
        reduction = self._backend.reduce(self.members[place].tensor, True)
        return collector.add(reduction) if reduction is not None else -1

    def _add(self, part: _Part, collector: Collector) -> int:
        dtype = "float64" if part.dtype == "float64" else "float32"
        return collector.add_values(dtype, part.standing.reduce(), len(part.places))

    def _needless(self, part: _Part) -> bool:
        return self._moderate is not None and all(self._moderate(self.members[place].tensor) for place in part.places)

    def _shares(self, places: Sequence[int]) -> Iterator[Tuple[Optional[int], Sequence[int]]]:
        """The places in shares of about as many bytes, with their turns."""
        sizes = [self._backend.size(self.members[place].tensor) * 4 for place in places]
        if self._moderate is None or sum(sizes) < _SHARED_BYTES:
            yield None, places
            return
        shares: List[List[int]] = [[] for _ in range(SHARES)]
        so_far = 0
        for place, size in zip(places, sizes):
            shares[so_far * SHARES // sum(sizes)].append(place)
            so_far += size
        for turn, share in enumerate(shares):
            if share:
                yield turn, share

    def parts(self, numbers: Sequence[int], values: Values) -> Iterator[Tuple[Sequence[Watched], str, np.ndarray]]:
        """Members that were reduced together, their dtype and their values."""
        dtypes = [part.dtype for part in self._parts] + [self._described[place][1] for place in self._alone]
        for members, dtype, number in zip(self._together, dtypes, numbers):
            if number >= 0:
                yield members, dtype, values[number]

    def together(self, numbers: Sequence[int]) -> Iterator[Tuple[Sequence[Watched], int]]:
        """Members that were reduced together, to one value each, and their number; nothing where they were not queued."""
        return ((members, number) for members, number in zip(self._together, numbers) if number >= 0)

    @property
    def shared(self) -> bool:
        """Whether it is read in shares, where what is known of its members allows it."""
        return any(part.turn is not None for part in self._parts)

    def total(self) -> float:
        """The sum of squares of all members, those that were not read now as they were last read."""
        return sum(self._sums.values())

    def remember(self, numbers: Sequence[int], values: Values) -> None:
        """Keep what `total` needs."""
        for k, number in enumerate(numbers):
            if number >= 0:
                self._sums[k] = float(np.add.reduce(values[number]))

    def read(self, numbers: Sequence[int], values: Values) -> Iterator[Tuple[Watched, Tuple[int, ...], str, np.ndarray]]:
        """Each member with its shape, its dtype and the values read; nothing where it was not queued."""
        if not numbers:
            return
        found: Dict[int, np.ndarray] = {}
        for part, number in zip(self._parts, numbers):
            if number >= 0:
                found.update((place, values[number][k : k + 1]) for k, place in enumerate(part.places))
        for place, number in zip(self._alone, numbers[len(self._parts) :]):
            if number >= 0:
                found[place] = values[number]
        for place, (watched, (shape, dtype)) in enumerate(zip(self.members, self._described)):
            if place in found:
                yield watched, shape, dtype, found[place]
