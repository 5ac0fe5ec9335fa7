"""Datasets with one mask file for each image: the index that Pascal VOC, ADE20K, Cityscapes and plain folders share."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from nanhunt.data.index import DatasetIndex, MaskFile
from nanhunt.data.pictures import label_array
from nanhunt.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image


class Pair(NamedTuple):
    """One entry: an image and its mask as counted from the root, and whether each is there."""

    entry: str
    split: str
    image: str
    mask: str
    has_image: bool = True
    has_mask: bool = True


@dataclass(frozen=True)
class PairedIndex(DatasetIndex):
    """The files of one split.

    Attributes:
        pairs: one an entry.
        table: the label of each of the values 0..255 in a mask; other values stand for themselves. None: all do.
        strays: files that belong to no entry, from path to what was expected.
    """

    dataset: str
    root: Path
    split: str
    pairs: Tuple[Pair, ...] = field(repr=False)
    lists: Tuple[str, ...]
    classes: Tuple[str, ...] = field(repr=False)
    table: Optional[Tuple[int, ...]] = field(default=None, repr=False)
    padding: int = 0
    empty_lists: Tuple[str, ...] = ()
    strays: Tuple[Tuple[str, str], ...] = field(default=(), repr=False)
    entries: Tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.pairs:
            where = " and ".join(self.lists) or str(self.root)
            raise DataError(
                f"Expected images for split {self.split!r} of {self.dataset} in {where}, found none; take another split."
            )
        object.__setattr__(self, "entries", tuple(pair.entry for pair in self.pairs))

    def split_of(self, position: int) -> str:
        return self.pairs[position].split

    def image_name(self, position: int) -> str:
        return self.pairs[position].image

    def has_image(self, position: int) -> bool:
        return self.pairs[position].has_image

    def masks(self, position: int) -> Sequence[MaskFile]:
        pair = self.pairs[position]
        return (MaskFile(pair.mask, 1, 1),) if pair.has_mask else ()

    def labels(self, picture: "Image.Image") -> "NDArray[Any]":
        labels = label_array(picture)
        if self.table is None:
            return labels
        table = np.array(self.table, dtype=np.int32)
        if labels.dtype == np.uint8:
            return table.take(labels)
        named = (labels >= 0) & (labels < len(table))
        return np.where(named, table.take(np.where(named, labels, 0)), labels).astype(np.int32)

    def without(self, skip: Sequence[str]) -> "PairedIndex":
        return replace(self, pairs=tuple(self.pairs[position] for position in self._kept(skip)))

    def stray(self) -> Dict[str, str]:
        return dict(self.strays)

    def mask_pattern(self, position: int) -> str:
        return self.pairs[position].mask
