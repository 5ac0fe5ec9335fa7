"""Where the masks of one picture's persons lie over one another, and what that does to the merged labels."""

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
from PIL import Image

from nanhunt.data.pictures import label_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

Box = Tuple[int, int, int, int]
"""Left, upper, right, lower; the latter two are outside."""

FEW = 32
"""Values that the masks of most datasets keep below."""


def histogram(picture: Image.Image) -> List[int]:
    """Pixels by value of a picture of mode L or P, without the end of the list where nearly always nothing is."""
    counts: List[int] = picture.histogram()
    return counts[:FEW] if sum(counts[:FEW]) == picture.size[0] * picture.size[1] else counts


class PersonMask:
    """A person's mask: most of it is background, and nothing but the rest is looked at.

    Args:
        picture: of mode L or P.

    Attributes:
        person: counted from 1.
        box: around all that is not 0; None where everything is.
        pixels: by label, inside the box; see `histogram`.
    """

    def __init__(self, person: int, picture: Image.Image) -> None:
        self.person = person
        labels = label_array(picture)
        self.box = _box(labels)
        self._labels = labels if self.box is None else labels[_place((0, 0, *picture.size), self.box)]
        self._covered: Optional[NDArray[np.bool_]] = None
        self.pixels = [0] if self.box is None else histogram(picture.crop(self.box))

    def within(self, box: Optional[Box] = None) -> "Tuple[NDArray[np.uint8], NDArray[np.bool_]]":
        """The labels, (H, W), and where they are not 0.

        Args:
            box: inside the mask's own, which is what is read without one.
        """
        if self._covered is None:
            self._covered = self._labels != 0
        if box is None:
            return self._labels, self._covered
        place = _place(self.box, box)
        return self._labels[place], self._covered[place]


def _box(labels: "NDArray[np.uint8]") -> Optional[Box]:
    """As Pillow's `getbbox`, which takes several times as long in Pillow 9.5, the last for Python 3.7."""
    rows = np.flatnonzero(labels.view(np.bool_).any(axis=1))
    if not len(rows):
        return None
    upper, lower = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(np.bitwise_or.reduce(labels[upper:lower], axis=0))
    return int(columns[0]), upper, int(columns[-1]) + 1, lower


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


class Merged(NamedTuple):
    """Several masks of one picture.

    Attributes:
        overlap: what they share.
        pixels: by label, the masks merged in their order.
        each: pixels by label, of each mask.
    """

    overlap: Overlap
    pixels: Dict[int, int]
    each: Sequence[Dict[int, int]]


class _Pair(NamedTuple):
    """Two persons who share pixels, by their places; the box that both reach into; which pixels of it are of both, (H, W)."""

    one: int
    other: int
    box: Box
    both: "NDArray[np.bool_]"


def merge_counts(persons: Sequence[PersonMask], size: Tuple[int, int]) -> Merged:
    """Count the masks of one picture, each by itself and all merged: the sum of them, without what earlier ones hide.

    Args:
        size: (width, height) of all of them.
    """
    area = size[0] * size[1]
    values = max(len(person.pixels) for person in persons)
    pixels = np.array([person.pixels + [0] * (values - len(person.pixels)) for person in persons])
    pairs = _pairs(persons)
    merged = pixels.sum(axis=0)
    for person, hidden in _hidden(persons, pairs):
        merged -= np.bincount(person.within()[0][hidden], minlength=values)
    merged[0] = area - merged[1:].sum()
    pixels[:, 0] = area - pixels[:, 1:].sum(axis=1)
    each: List[Dict[int, int]] = [{} for _ in persons]
    for place, label in np.argwhere(pixels).tolist():
        each[place][label] = int(pixels[place, label])
    counts = {label: int(merged[label]) for label in np.flatnonzero(merged).tolist()}
    return Merged(_overlap(persons, pairs, area - pixels[:, 0]), counts, each)


def _pairs(persons: Sequence[PersonMask]) -> List[_Pair]:
    found = []
    for one, other in combinations(range(len(persons)), 2):
        box = _common(persons[one].box, persons[other].box)
        if box is not None:
            both = persons[one].within(box)[1] & persons[other].within(box)[1]
            if both.any():
                found.append(_Pair(one, other, box, both))
    return found


def _hidden(persons: Sequence[PersonMask], pairs: Sequence[_Pair]) -> "Iterator[Tuple[PersonMask, NDArray[np.bool_]]]":
    """Those of whom earlier ones hide something, and which pixels inside their box."""
    for other in sorted({pair.other for pair in pairs}):
        person = persons[other]
        hidden = np.zeros_like(person.within()[1])
        for pair in pairs:
            if pair.other == other:
                hidden[_place(person.box, pair.box)] |= pair.both
        yield person, hidden


def _overlap(persons: Sequence[PersonMask], pairs: Sequence[_Pair], covered: "NDArray[Any]") -> Overlap:
    """What they share.

    Args:
        covered: pixels of each person that are not 0.
    """
    if not pairs:
        return Overlap()
    left, upper, right, lower = (edge([pair.box[k] for pair in pairs]) for k, edge in enumerate((min, min, max, max)))
    claimed, differing = np.zeros((2, lower - upper, right - left), dtype=np.bool_)
    worst, part = None, 0.0
    for pair in pairs:
        place = _place((left, upper, right, lower), pair.box)
        one, other = persons[pair.one], persons[pair.other]
        claimed[place] |= pair.both
        differing[place] |= pair.both & (one.within(pair.box)[0] != other.within(pair.box)[0])
        share = np.count_nonzero(pair.both) / min(covered[pair.one], covered[pair.other])
        if share > part:
            worst, part = (one.person, other.person), float(share)
    return Overlap(int(np.count_nonzero(claimed)), int(np.count_nonzero(differing)), worst, part)


def _place(whole: Optional[Box], box: Optional[Box]) -> Tuple[slice, slice]:
    """Where the box lies in an array of a larger one."""
    assert whole is not None and box is not None
    return slice(box[1] - whole[1], box[3] - whole[1]), slice(box[0] - whole[0], box[2] - whole[0])


def _common(one: Optional[Box], other: Optional[Box]) -> Optional[Box]:
    if one is None or other is None:
        return None
    box = max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])
    return box if box[0] < box[2] and box[1] < box[3] else None
