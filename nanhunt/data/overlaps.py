"""Where the masks of one picture's persons lie over one another, and what that does to the merged labels."""

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORD = 8
"""Pixels that are compared at a time: most of a person's mask is background."""


class PersonMask:
    """The bytes of a person's mask, row by row.

    Attributes:
        person: counted from 1.
        count: pixels that are not 0.
        words: uint64, WORD pixels each; the last is filled up with 0.
        marked: bool, the words that are not all 0.
    """

    def __init__(self, person: int, content: bytes, count: int) -> None:
        self.person = person
        self.count = count
        self.words: NDArray[np.uint64] = np.frombuffer(content + bytes(-len(content) % WORD), dtype=np.uint64)
        self.marked: NDArray[np.bool_] = self.words != 0


@dataclass(frozen=True)
class Overlap:
    """What persons share.

    Attributes:
        shared: pixels that more than one person claims.
        conflicts: those of them with more than one label: merged in another order, they get another.
        lost: pixels by label that the merge drops, because an earlier person has them.
        worst: the two persons that share most, as a part of the smaller one.
        part: that part, 0 to 1.
    """

    shared: int = 0
    conflicts: int = 0
    lost: Mapping[int, int] = field(default_factory=dict)
    worst: Optional[Tuple[int, int]] = None
    part: float = 0.0


def overlap_of(persons: Sequence[PersonMask]) -> Overlap:
    """What the masks of one picture share, merged in their order."""
    claims: Dict[int, List[NDArray[Any]]] = {}
    conflicts: List[NDArray[Any]] = []
    worst, part = None, 0.0
    for (_, a), (place, b) in combinations(enumerate(persons), 2):
        words = np.flatnonzero(a.marked & b.marked)
        one, other = a.words[words].view(np.uint8), b.words[words].view(np.uint8)
        both = np.flatnonzero(np.logical_and(one, other))
        if not len(both):
            continue
        pixels = words[both // WORD] * WORD + both % WORD
        claims.setdefault(place, []).append(pixels)
        conflicts.append(pixels[one[both] != other[both]])
        common = len(both) / min(a.count, b.count)
        if common > part:
            worst, part = (a.person, b.person), common
    if not claims:
        return Overlap()
    lost: Dict[int, int] = {}
    for place, found in claims.items():
        dropped = np.bincount(persons[place].words.view(np.uint8)[_union(found)])
        for label in np.flatnonzero(dropped):
            lost[int(label)] = lost.get(int(label), 0) + int(dropped[label])
    shared = _union([pixels for found in claims.values() for pixels in found])
    return Overlap(len(shared), len(_union(conflicts)), lost, worst, part)


def _union(pixels: Sequence["NDArray[Any]"]) -> "NDArray[Any]":
    return pixels[0] if len(pixels) == 1 else np.unique(np.concatenate(pixels))
