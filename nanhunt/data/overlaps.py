"""Where the masks of one picture's persons lie over one another, and what that does to the merged labels.

A mask is looked at as its runs, of which there are a few for each row: next to what its pixels are, they cost nothing.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Runs(NamedTuple):
    """Neighbours of one label, the end of a row and the beginning of the next being neighbours too; all arrays are (R,).

    Attributes:
        starts, ends: places among the pixels, row by row; a run does not hold its end.
        labels: uint8.
    """

    starts: "NDArray[np.intp]"
    ends: "NDArray[np.intp]"
    labels: "NDArray[np.uint8]"

    def pixels(self) -> Dict[int, int]:
        """Pixels by label; labels that none has are left out."""
        counts = np.bincount(self.labels, weights=self.ends - self.starts).tolist()
        return {label: int(count) for label, count in enumerate(counts) if count}


class RunFinder:
    """Finds runs, in memory that it keeps: to ask for it anew for each mask takes as long as to look at the mask."""

    def __init__(self) -> None:
        self._last = np.empty(0, np.bool_)

    def find(self, labels: "NDArray[np.uint8]") -> Runs:
        """The runs of a picture, (H, W), which has a pixel at least."""
        pixels = labels.reshape(-1)
        if len(self._last) < len(pixels):
            self._last = np.empty(len(pixels), np.bool_)
        last = self._last[: len(pixels)]
        np.not_equal(pixels[1:], pixels[:-1], out=last[:-1])
        last[-1] = True
        ends = last.nonzero()[0]
        found = pixels.take(ends)
        ends += 1
        starts = np.empty_like(ends)
        starts[0], starts[1:] = 0, ends[:-1]
        return Runs(starts, ends, found)


class PersonMask(NamedTuple):
    """A person, counted from 1, whose labels, (H, W), have these runs."""

    person: int
    labels: "NDArray[np.uint8]"
    runs: Runs


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


def merge_counts(persons: Sequence[PersonMask]) -> Merged:
    """Count the masks of one picture, all of one size: each by itself, and all merged: who claims a pixel first has it."""
    each = [person.runs.pixels() for person in persons]
    merged: Dict[int, int] = {}
    for pixels in each:
        for label, count in pixels.items():
            merged[label] = merged.get(label, 0) + count
    overlap = Overlap()
    places = _shared([person.runs for person in persons])
    if len(places):
        labels = np.array([person.labels.reshape(-1)[places] for person in persons])
        claimed = labels != 0
        first = claimed.argmax(axis=0), np.arange(len(places))
        hidden = claimed.copy()
        hidden[first] = False
        for label, count in enumerate(np.bincount(labels[hidden]).tolist()):
            if count:
                merged[label] -= count
        conflicts = int(np.count_nonzero((hidden & (labels != labels[first])).any(axis=0)))
        overlap = Overlap(len(places), conflicts, *_worst(persons, each, claimed))
    merged[0] = persons[0].labels.size - sum(count for label, count in merged.items() if label)
    return Merged(overlap, {label: merged[label] for label in sorted(merged) if merged[label]}, each)


def _shared(masks: Sequence[Runs]) -> "NDArray[np.intp]":
    """The places, sorted, that are not 0 in more than one mask.

    In the order of their starts, a run has such places where one that began before it has not ended.
    """
    drawn = [runs.labels.nonzero()[0] for runs in masks]
    starts = np.concatenate([runs.starts.take(which) for runs, which in zip(masks, drawn)])
    ends = np.concatenate([runs.ends.take(which) for runs, which in zip(masks, drawn)])
    order = starts.argsort()
    starts, ends = starts.take(order), ends.take(order)
    lengths = np.minimum(ends[1:], np.maximum.accumulate(ends)[:-1]) - starts[1:]
    meeting = (lengths > 0).nonzero()[0]
    if not len(meeting):
        return np.empty(0, np.intp)
    starts, lengths = starts[1:].take(meeting), lengths.take(meeting)
    upto = lengths.cumsum()
    places: NDArray[Any] = np.repeat(starts + lengths - upto, lengths) + np.arange(upto[-1])
    return np.unique(places) if (starts[1:] < (starts + lengths)[:-1]).any() else places  # three may meet in one


def _worst(
    persons: Sequence[PersonMask], each: Sequence[Dict[int, int]], claimed: "NDArray[np.bool_]"
) -> Tuple[Optional[Tuple[int, int]], float]:
    """The two that share most, and how much of the smaller one.

    Args:
        each: pixels by label, of each.
        claimed: (persons, pixels that are shared): by whom.
    """
    areas: List[int] = [person.labels.size - pixels.get(0, 0) for person, pixels in zip(persons, each)]
    worst, part = None, 0.0
    for one, other in combinations(range(len(persons)), 2):
        both = int(np.count_nonzero(claimed[one] & claimed[other]))
        if both and both / min(areas[one], areas[other]) > part:
            worst, part = (persons[one].person, persons[other].person), both / min(areas[one], areas[other])
    return worst, part
