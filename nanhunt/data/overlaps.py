"""Where the masks of one picture's persons lie over one another, and what that does to the merged labels."""

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

Box = Tuple[int, int, int, int]
"""Left, upper, right, lower; the latter two are outside."""


class PersonMask:
    """A person's mask: most of it is background, and nothing but the rest is looked at.

    Args:
        picture: of mode L or P.

    Attributes:
        person: counted from 1.
        area: pixels.
        box: around all that is not 0; None where everything is.
        pixels: by label, inside the box.
    """

    def __init__(self, person: int, picture: Image.Image) -> None:
        self.person = person
        self.area = picture.size[0] * picture.size[1]
        self.box: Optional[Box] = picture.getbbox()
        self._picture = picture
        self.pixels: List[int] = picture.crop(self.box).histogram() if self.box is not None else [0] * 256

    def labels(self, box: Optional[Box] = None) -> "NDArray[np.uint8]":
        """The labels, flat; of a part of the picture where one is given."""
        return np.frombuffer((self._picture if box is None else self._picture.crop(box)).tobytes(), dtype=np.uint8)

    def count(self) -> int:
        """Pixels that are not 0."""
        return sum(self.pixels) - self.pixels[0]

    def single_label(self) -> Dict[int, int]:
        """The label and its pixels where there is but one; empty otherwise."""
        if self.box is None:
            return {0: self.area}
        first = next(label for label, count in enumerate(self.pixels) if count and label)
        return {first: self.area} if self.pixels[first] == self.area else {}


@dataclass(frozen=True)
class Overlap:
    """What persons share.

    Attributes:
        shared: pixels that more than one person claims.
        conflicts: those of them with more than one label: merged in another order, they get another.
        worst: the two persons that share most, as a part of the smaller one.
        part: that part, 0 to 1.
    """

    shared: int = 0
    conflicts: int = 0
    worst: Optional[Tuple[int, int]] = None
    part: float = 0.0


def merge_counts(persons: Sequence[PersonMask], size: Tuple[int, int]) -> Tuple[Overlap, Dict[int, int], int]:
    """What the masks of one picture share; pixels by label when they are merged in their order; the highest label of any.

    Each person's pixels are counted by themselves; those that are shared are then put right.

    Args:
        size: (width, height) of all of them.
    """
    overlap, shared, sharers = _overlap_of(persons, size)
    counts = np.sum([person.pixels for person in persons], axis=0)
    highest = max(label for person in persons for label, count in enumerate(person.pixels) if count or not label)
    if len(shared):
        first = np.zeros(len(shared), dtype=np.uint8)
        for person in sharers:
            labels = person.labels()[shared]
            counts -= np.bincount(labels, minlength=256)
            np.copyto(first, labels, where=first == 0)
        counts += np.bincount(first, minlength=256)
    counts[0] = persons[0].area - counts[1:].sum()
    return overlap, {int(label): int(counts[label]) for label in np.flatnonzero(counts)}, highest


def _overlap_of(persons: Sequence[PersonMask], size: Tuple[int, int]) -> Tuple[Overlap, "NDArray[Any]", Sequence[PersonMask]]:
    """What the masks share, which pixels those are, counted row by row, and who has any of them."""
    shared: List[NDArray[Any]] = []
    conflicts: List[NDArray[Any]] = []
    sharers: Dict[int, PersonMask] = {}
    worst, part = None, 0.0
    for a, b in combinations(persons, 2):
        box = _common(a.box, b.box)
        if box is None:
            continue
        one, other = a.labels(box), b.labels(box)
        both = np.flatnonzero(np.logical_and(one, other))
        if not len(both):
            continue
        rows, columns = np.divmod(both, box[2] - box[0])
        pixels = (rows + box[1]) * size[0] + columns + box[0]
        shared.append(pixels)
        conflicts.append(pixels[one[both] != other[both]])
        sharers.update({a.person: a, b.person: b})
        common = len(both) / min(a.count(), b.count())
        if common > part:
            worst, part = (a.person, b.person), common
    if not shared:
        return Overlap(), np.zeros(0, dtype=np.intp), ()
    every = _union(shared, persons[0].area)
    found = Overlap(len(every), len(_union(conflicts, persons[0].area)), worst, part)
    return found, every, [person for person in persons if person.person in sharers]


def _common(one: Optional[Box], other: Optional[Box]) -> Optional[Box]:
    if one is None or other is None:
        return None
    box = max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])
    return box if box[0] < box[2] and box[1] < box[3] else None


def _union(pixels: Sequence["NDArray[Any]"], area: int) -> "NDArray[Any]":
    """In order; by marking them, in a tenth of the time of sorting them."""
    if len(pixels) == 1:
        return pixels[0]
    marked = np.zeros(area, dtype=np.bool_)
    for each in pixels:
        marked[each] = True
    return np.flatnonzero(marked)
