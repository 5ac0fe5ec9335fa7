"""LV-MHP-v1 (Multi-Human Parsing): find its files in one pass, read a sample with its person masks merged.

Layout: `images/NNNN.jpg`, `annotations/NNNN_PP_ii.png` (PP persons in the image, this is person ii, counted from 1),
`train_list.txt`, `test_list.txt`; one image name a line. https://lv-mhp.github.io
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from nanhunt.data.pictures import INSPECT, read_image, read_labels
from nanhunt.data.samples import RawSample, SegmentationDataset
from nanhunt.errors import DataError, UsageError

CLASSES = (
    "background",
    "hat",
    "hair",
    "sunglasses",
    "upper clothes",
    "skirt",
    "pants",
    "dress",
    "belt",
    "left shoe",
    "right shoe",
    "face",
    "left leg",
    "right leg",
    "left arm",
    "right arm",
    "bag",
    "scarf",
    "torso skin",
)

SPLITS = ("train", "val", "test", "all")

FULL_TRAIN = 3000
"""Images of `train_list.txt` that are trained on when the dataset is whole; the other 1,000 are for validation."""


def default_root() -> Path:
    """Where GluonCV's `mhp_v1.py` script puts the dataset."""
    return Path(os.path.expanduser("~")) / ".mxnet" / "datasets" / "mhp" / "LV-MHP-v1"


class PersonMask(NamedTuple):
    """One mask file by its name: `person` of `persons` in the image, counted from 1."""

    name: str
    persons: int
    person: int


@dataclass(frozen=True)
class MhpIndex:
    """The files of one split, found by name alone: nothing was opened, and nothing is promised about what they hold.

    Attributes:
        root: the dataset's folder.
        split: one of SPLITS.
        entries: image file names in the order of the list.
        lists: the list files that the entries came from.
        images: names of all files in `images/`.
        masks: names of all mask files by the stem of their image.
        empty_lists: those of `lists` that name no image.
        misnamed: files in `annotations/` whose name is not `NNNN_PP_ii.png` (hidden files aside).
    """

    root: Path
    split: str
    entries: Tuple[str, ...]
    lists: Tuple[str, ...]
    images: FrozenSet[str] = field(repr=False)
    masks: Dict[str, List[str]] = field(repr=False)
    misnamed: Tuple[str, ...] = ()
    empty_lists: Tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def folder(self) -> str:
        """`root` as a string: joining paths as strings costs a twentieth."""
        return str(self.root)

    def image_path(self, index: int) -> Path:
        """The image of entry `index`, there or not."""
        return self.root / "images" / self.entries[index]

    def has_image(self, index: int) -> bool:
        """Whether the image of entry `index` is in `images/`."""
        return self.entries[index] in self.images

    def person_masks(self, index: int) -> List[PersonMask]:
        """The mask files of entry `index` in the order of their person."""
        stem = os.path.splitext(self.entries[index])[0]
        found = []
        for name in self.masks.get(stem, ()):
            _, persons, person = name[: -len(".png")].rsplit("_", 2)
            found.append(PersonMask(name, int(persons), int(person)))
        return sorted(found, key=lambda mask: (mask.person, mask.persons, mask.name))

    def mask_path(self, mask: PersonMask) -> Path:
        """The file of one mask."""
        return self.root / "annotations" / mask.name


def index_mhp(root: Optional[Path] = None, split: str = "train") -> MhpIndex:
    """Find the files of a split, listing each folder once.

    `test` is `test_list.txt`. `train` and `val` share `train_list.txt`: of more than 3,000 entries the first 3,000 are for
    training and the rest for validation; of a smaller list the last fifth is for validation (at least one, unless the list has
    but one). `all` is both lists.

    Raises:
        UsageError: no such split, or the folder lacks a part of the layout.
        DataError: the split has no entry.
    """
    if split not in SPLITS:
        raise UsageError(f"Expected a split out of {', '.join(SPLITS)}, found {split!r}.")
    root = default_root() if root is None else Path(root)
    needed = "test_list.txt" if split == "test" else "train_list.txt"
    for name in ("", "images", "annotations", needed):
        if not (root / name).exists():
            raise UsageError(
                f"Expected an LV-MHP-v1 dataset in {root}, found no {name or 'such folder'}. "
                "Give its folder with --data-root, or train without it: --dataset synthetic-mhp."
            )
    lists = [needed]
    entries = _read_list(root / needed)
    empty = [] if entries else [needed]
    if split == "train":
        entries = entries[: _train_size(len(entries))]
    elif split == "val":
        entries = entries[_train_size(len(entries)) :]
    elif split == "all" and (root / "test_list.txt").exists():
        lists.append("test_list.txt")
        more = _read_list(root / "test_list.txt")
        empty += [] if more else ["test_list.txt"]
        entries += more
    if not entries:
        raise DataError(
            f"Expected image names for split {split!r} in {root / needed}, found none; fill the list or take another --split."
        )
    masks, misnamed = _group_masks(os.listdir(str(root / "annotations")))
    images = frozenset(os.listdir(str(root / "images")))
    return MhpIndex(root, split, tuple(entries), tuple(lists), images, masks, misnamed, tuple(empty))


def _train_size(listed: int) -> int:
    if listed > FULL_TRAIN:
        return FULL_TRAIN
    return listed - max(1, listed // 5) if listed > 1 else listed


def _read_list(path: Path) -> List[str]:
    """Names in a list file; blank lines, spaces around a name, CRLF and a byte order mark are nobody's fault."""
    with open(str(path), encoding="utf-8-sig", errors="replace") as lines:
        return [line.strip() for line in lines if line.strip()]


def _group_masks(names: Sequence[str]) -> Tuple[Dict[str, List[str]], Tuple[str, ...]]:
    groups: Dict[str, List[str]] = {}
    misnamed = []
    for name in names:
        parts = name[:-4].rsplit("_", 2)
        if name[-4:] == ".png" and len(parts) == 3 and parts[1].isdecimal() and parts[2].isdecimal():
            groups.setdefault(parts[0], []).append(name)
        elif name[0] != ".":
            misnamed.append(name)
    return groups, tuple(sorted(misnamed))


class MhpDataset(SegmentationDataset):
    """LV-MHP-v1 or any dataset in its layout.

    The masks of an image are merged in the order of person ids; where two persons overlap, the pixel is the first's.
    (GluonCV merges in `os.listdir` order, so that its labels depend on the machine.)

    Args:
        index: the files.
        num_class: labels from here up are refused; 19 for LV-MHP-v1, whose labels are 0..18.
        name: what the dataset is called in messages and reports.
    """

    def __init__(self, index: MhpIndex, num_class: int = len(CLASSES), name: str = "mhp") -> None:
        if not 2 <= num_class <= 256:
            raise UsageError(
                f"Expected between 2 and 256 classes, found --num-class {num_class}; LV-MHP-v1 has {len(CLASSES)}."
            )
        self.index = index
        self.root = index.root
        self.name = name
        self.classes = (CLASSES + tuple(f"class {label}" for label in range(len(CLASSES), num_class)))[:num_class]

    def __len__(self) -> int:
        return len(self.index)

    def image_path(self, index: int) -> Path:
        return self.index.image_path(index)

    def require_files(self) -> None:
        """Check by name alone that every entry has an image and a mask, so that a run does not end hours later.

        Raises:
            DataError: naming the first entry that lacks either, and how many do.
        """
        missing = [position for position in range(len(self)) if not self.index.has_image(position)]
        if missing:
            raise DataError(_without(self.index, missing, "an image", "images"))
        bare = [position for position in range(len(self)) if not self.index.person_masks(position)]
        if bare:
            raise DataError(_without(self.index, bare, "a mask NNNN_PP_ii.png", "annotations"))

    def read(self, index: int) -> RawSample:
        path = self.index.image_path(index)
        masks = self.index.person_masks(index)
        if not masks:
            raise DataError(_without(self.index, [index], "a mask NNNN_PP_ii.png", "annotations"))
        image = read_image(path)
        merged = np.zeros(image.shape[:2], dtype=np.int32)
        mask_paths = tuple(self.index.mask_path(mask) for mask in masks)
        for mask_path in mask_paths:
            labels = read_labels(mask_path)
            if labels.shape != merged.shape:
                (height, width), (own_height, own_width) = merged.shape, labels.shape
                raise DataError(
                    f"Expected {mask_path} to be {width}x{height} as {path.name} is, found {own_width}x{own_height}; "
                    f"restore the pair ({INSPECT})."
                )
            lowest, highest = int(labels.min()), int(labels.max())
            if lowest < 0 or highest >= len(self.classes):
                raise DataError(
                    f"Expected labels 0..{len(self.classes) - 1} in {mask_path}, found {lowest if lowest < 0 else highest}; "
                    f"correct the mask or --num-class ({INSPECT})."
                )
            np.copyto(merged, labels, where=merged == 0, casting="unsafe")
        return RawSample(image, merged, index, path, mask_paths)


def _without(index: MhpIndex, positions: Sequence[int], what: str, folder: str) -> str:
    others = f" and {len(positions) - 1} more" if len(positions) > 1 else ""
    return (
        f"Expected {what} in {index.root / folder} for every entry of {' and '.join(index.lists)}, found none for "
        f"{index.entries[positions[0]]}{others}; restore the files or take the entries off the list ({INSPECT})."
    )
