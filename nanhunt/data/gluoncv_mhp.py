"""LV-MHP-v1 as `MHPV1Segmentation` of GluonCV 0.7 reads it, mistakes included, so that an old run can be looked into as it was.

What is reproduced (`--like gluoncv-0.7`):

- An image's masks are all files of `annotations/` whose name begins with the image's, so that 0001 takes 00010_01_01.png too.
- They are merged in the order in which the folder lists them, which is another one on another machine: of an overlap the first
  keeps the pixel, and a mask of another size than the image is stretched onto it.
- An image without masks and a list entry without an image are each left out on their own: what follows is paired wrongly.
- `val` begins at the 3,002nd image, so that one is in no split.
- Files that are cut short are filled up with gray.
- Labels above 18 are refused only where nobody but the last person is, and an image that the others cover is refused whatever
  it holds.
"""

import os
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from nanhunt.data.index import DatasetIndex, MaskFile
from nanhunt.data.mhp import CLASSES, default_root
from nanhunt.data.pictures import decode, file_crc, rgb
from nanhunt.data.samples import RawSample, SegmentationDataset
from nanhunt.errors import DataError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

HIGHEST = 18
"""The label that its check lets pass."""

KEPT = {"train": slice(None, 3000), "val": slice(3001, 4000), "test": slice(None)}


@dataclass(frozen=True)
class GluonMhpIndex(DatasetIndex):
    """The pairs of one split.

    Attributes:
        mask_names: of each entry, in the order in which they are merged.
    """

    root: Path
    split: str
    entries: Tuple[str, ...]
    mask_names: Tuple[Tuple[str, ...], ...] = field(repr=False)
    lists: Tuple[str, ...]
    dataset: str = "mhp"
    classes: Tuple[str, ...] = field(default=CLASSES, repr=False)

    def split_of(self, position: int) -> str:
        return self.split

    def image_name(self, position: int) -> str:
        return "images/" + self.entries[position]

    def has_image(self, position: int) -> bool:
        return True

    def masks(self, position: int) -> List[MaskFile]:
        names = self.mask_names[position]
        return [MaskFile("annotations/" + name, len(names), place + 1) for place, name in enumerate(names)]

    def without(self, skip: Sequence[str]) -> "GluonMhpIndex":
        kept = self._kept(skip)
        entries = tuple(self.entries[position] for position in kept)
        return replace(self, entries=entries, mask_names=tuple(self.mask_names[position] for position in kept))

    def mask_pattern(self, position: int) -> str:
        return f"annotations/{os.path.splitext(self.entries[position])[0]}*"


def index_gluoncv_mhp(root: Optional[Path] = None, split: str = "train") -> GluonMhpIndex:
    """Find the pairs of a split in one pass; GluonCV lists the folder once for each image.

    Raises:
        UsageError: no such split, or the folder lacks a part of the layout.
        DataError: what GluonCV refuses: other numbers of images and masks, or none.
    """
    if split not in KEPT:
        raise UsageError(f"Expected a split out of {', '.join(KEPT)} with --like gluoncv-0.7, found {split!r}.")
    root = default_root() if root is None else Path(root)
    listed = "test_list.txt" if split == "test" else "train_list.txt"
    for name in ("images", "annotations", listed):
        if not (root / name).exists():
            raise UsageError(f"Expected an LV-MHP-v1 dataset in {root}, found no {name}; give its folder with --data-root.")
    names = os.listdir(str(root / "annotations"))  # the order matters
    beginning = _Beginnings(names)
    images: List[str] = []
    masks: List[Tuple[str, ...]] = []
    with open(str(root / listed)) as lines:
        for line in lines:
            own = beginning.find(os.path.splitext(line)[0])
            own = [name for name in own if (root / "annotations" / name).is_file()]
            if own:
                masks.append(tuple(own))
            image = line.rstrip("\n")
            if (root / "images" / image).is_file():
                images.append(image)
    images, masks = images[KEPT[split]], masks[KEPT[split]]
    if not images or len(images) != len(masks):
        raise DataError(
            f"Expected as many images as groups of masks in {root} for split {split!r}, found {len(images)} and {len(masks)}; "
            "GluonCV 0.7 refuses this folder too."
        )
    return GluonMhpIndex(root, split, tuple(images), tuple(masks), (listed,))


class _Beginnings:
    """Which of many names begin with a text, in the order in which they are given."""

    def __init__(self, names: Sequence[str]) -> None:
        self._places: Dict[str, int] = {name: place for place, name in enumerate(names)}
        self._sorted = sorted(names)

    def find(self, beginning: str) -> List[str]:
        found = []
        for place in range(bisect_left(self._sorted, beginning), len(self._sorted)):
            if not self._sorted[place].startswith(beginning):
                break
            found.append(self._sorted[place])
        return sorted(found, key=self._places.__getitem__)


class GluonMhpDataset(SegmentationDataset):
    """What `MHPV1Segmentation` gives for the same index.

    Args:
        orders: of some images the names of their masks in the order in which they are merged, in place of the folder's.
    """

    def __init__(self, index: GluonMhpIndex, orders: Optional[Mapping[str, Sequence[str]]] = None) -> None:
        self._orders = {} if orders is None else orders
        self.index = index
        self.root = index.root
        self.name = index.dataset
        self.classes = index.classes

    def __len__(self) -> int:
        return len(self.index)

    def image_path(self, index: int) -> Path:
        return self.root / self.index.image_name(index)

    def read(self, index: int) -> RawSample:
        path = self.image_path(index)
        image = rgb(decode(path, tolerant=True))
        masks = self._orders.get(self.index.image_name(index)) or [mask.path for mask in self.index.masks(index)]
        mask_paths = tuple(self.root / mask for mask in masks)
        labels = [np.array(decode(mask, tolerant=True), dtype=np.uint8) for mask in mask_paths]
        try:
            merged = merge_as_gluoncv(labels)
        except ValueError as error:
            raise DataError(
                f"Expected masks that GluonCV 0.7 accepts for {path}, found {error}; it stops here too; see --skip."
            ) from error
        files = tuple((name, file_crc(self.root / name)) for name in (self.index.image_name(index), *masks))
        return RawSample(image, merged, index, path, mask_paths, files=files)


def merge_as_gluoncv(masks: "Sequence[NDArray[np.uint8]]") -> "NDArray[np.uint8]":
    """The labels that GluonCV's `_get_mask` gives: of an overlap the first mask keeps the pixel.

    It checks the labels of a masked array, in which all is masked that any person but the last covers.

    Raises:
        ValueError: it would refuse these masks: they differ in size, have more than one channel, or fail its check.
    """
    if len({labels.shape for labels in masks}) > 1 or masks[0].ndim != 2:
        raise ValueError("masks of " + " and ".join(sorted({"x".join(map(str, labels.shape[::-1])) for labels in masks})))
    merged = masks[0].copy()
    covered = merged > 0
    hidden: Any = np.zeros(merged.shape, dtype=np.bool_)
    for labels in masks[1:]:
        hidden = covered.copy()
        np.copyto(merged, labels, where=~covered)
        covered |= labels > 0
    seen = merged[~hidden]
    if not seen.size:
        raise ValueError("persons that cover the whole image")
    if int(seen.max()) > HIGHEST:
        raise ValueError(f"label {int(seen.max())}")
    return merged
