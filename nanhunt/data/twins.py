"""Pictures that a dataset holds more than once: byte for byte, pixel for pixel, or in another encoding, size or light."""

import os
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from PIL import Image

from nanhunt.data.fingerprint import Print, close_pairs
from nanhunt.data.index import DatasetIndex
from nanhunt.data.pictures import LABEL_MODES, decode
from nanhunt.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 64
"""Both sides in pixels of what is compared where two hashes are close."""

ALIKE = 0.98
"""Correlation of two pictures' gray levels from which they are one picture."""

STRETCH = 1.1
"""How far the aspect ratios of a picture and its copy may lie apart."""

SPLITS = ("test", "val", "train")
"""A picture in two splits is a fault of the later one: what is measured on stays, what is trained on goes."""

BYTES, PIXELS, NEAR = "the same file", "the same pixels", "nearly the same picture"


@dataclass(frozen=True)
class Twin:
    """One entry that shows what an earlier or a more valuable one shows.

    Attributes:
        position: the entry that is one too many.
        other: the one that stays.
        kind: BYTES, PIXELS or NEAR.
        relabelled: pixels whose labels differ, of pictures of one size; None where they could not be compared.
    """

    position: int
    other: int
    kind: str
    relabelled: Optional[int] = None


def find_twins(index: DatasetIndex, prints: Sequence[Print]) -> List[Twin]:
    """Every entry whose picture another entry has, once, in the order of the split. One image listed twice is not meant.

    Close hashes are candidates only: both files are decoded and compared, so that two pictures with the same outline but
    different contents are no pair.
    """
    look = lru_cache(maxsize=4096)(lambda position: _small(index, position))
    groups = _Groups()
    by_digest: Dict[bytes, int] = {}
    for each in prints:
        groups.join(by_digest.setdefault(each.digest, each.position), each.position)
    seen = [each for each in prints if each.hash is not None and by_digest[each.digest] == each.position]
    for a, b in close_pairs([each.hash for each in seen if each.hash is not None]):
        one, other = seen[a].position, seen[b].position
        if groups.of(one) != groups.of(other) and _alike(look(one), look(other)):
            groups.join(one, other)
    digests = {each.position: each.digest for each in prints}
    twins = []
    for members in groups.several():
        members.sort(key=lambda position: (_rank(index, position), position))
        names = set()
        for place, position in enumerate(members):
            name = index.image_name(position)
            if name not in names and place:
                kept = _kept(index, members[:place], position)
                twins.append(_twin(index, position, kept, digests[position] == digests[kept]))
            names.add(name)
    return sorted(twins, key=lambda twin: twin.position)


def _rank(index: DatasetIndex, position: int) -> int:
    split = index.split_of(position)
    return SPLITS.index(split) if split in SPLITS else len(SPLITS)


def _kept(index: DatasetIndex, before: Sequence[int], position: int) -> int:
    """Of another split where there is one: that is the graver fault."""
    split = index.split_of(position)
    return next((each for each in before if index.split_of(each) != split), before[0])


class _Groups:
    """Positions that belong together."""

    def __init__(self) -> None:
        self._parent: Dict[int, int] = {}

    def of(self, position: int) -> int:
        root = position
        while self._parent.setdefault(root, root) != root:
            root = self._parent[root]
        self._parent[position] = root
        return root

    def join(self, one: int, other: int) -> None:
        self._parent[self.of(other)] = self.of(one)

    def several(self) -> List[List[int]]:
        groups = defaultdict(list)
        for position in self._parent:
            groups[self.of(position)].append(position)
        return [members for members in groups.values() if len(members) > 1]


_Gray = Optional[Tuple["NDArray[np.float32]", float]]
"""Gray levels float32 (SIDE, SIDE) and width / height; None where the file cannot be read any more."""


def _image(index: DatasetIndex, position: int) -> Image.Image:
    return decode(os.path.join(index.folder, index.image_name(position))).convert("RGB")


def _small(index: DatasetIndex, position: int) -> _Gray:
    try:
        picture = _image(index, position)
    except DataError:
        return None
    gray = picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(gray, dtype=np.float32), picture.size[0] / picture.size[1]


def _alike(one: _Gray, other: _Gray) -> bool:
    if one is None or other is None or not 1 / STRETCH < one[1] / other[1] < STRETCH:
        return False
    a, b = one[0] - one[0].mean(), other[0] - other[0].mean()
    return bool((a * b).sum() >= ALIKE * np.sqrt((a * a).sum() * (b * b).sum()))


def _twin(index: DatasetIndex, position: int, kept: int, same_bytes: bool) -> Twin:
    kind = BYTES
    try:
        if not same_bytes:
            one, other = _image(index, position), _image(index, kept)
            kind = PIXELS if one.size == other.size and one.tobytes() == other.tobytes() else NEAR
        return Twin(position, kept, kind, _relabelled(_merged(index, position), _merged(index, kept)))
    except DataError:
        return Twin(position, kept, kind if same_bytes else NEAR)


def _relabelled(one: Optional["NDArray[Any]"], other: Optional["NDArray[Any]"]) -> Optional[int]:
    if one is None or other is None or one.shape != other.shape:
        return None
    return int(np.count_nonzero(one != other))


def _merged(index: DatasetIndex, position: int) -> Optional["NDArray[Any]"]:
    """The labels of an entry, merged as they are read for training; None where its masks do not fit together."""
    merged: Optional[NDArray[Any]] = None
    for mask in index.masks(position):
        picture = index.mask_picture(position, mask)
        if picture.mode not in LABEL_MODES:
            return None
        labels = index.labels(picture)
        if merged is None:
            merged = labels.astype(np.int32)
        elif merged.shape != labels.shape:
            return None
        else:
            np.copyto(merged, labels, where=merged == 0, casting="unsafe")
    return merged
