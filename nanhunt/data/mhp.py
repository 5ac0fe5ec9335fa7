"""LV-MHP-v1 (Multi-Human Parsing): find its files in one pass, read a sample with its person masks merged.

Layout: `images/NNNN.jpg`, `annotations/NNNN_PP_ii.png` (PP persons in the image, this is person ii, counted from 1),
`train_list.txt`, `test_list.txt`; one image name a line. https://lv-mhp.github.io
"""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Dict, FrozenSet, List, Optional, Sequence, Tuple

import numpy as np

from nanhunt.data.index import DatasetIndex, MaskFile
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


@dataclass(frozen=True)
class MhpIndex(DatasetIndex):
    """The files of one split of LV-MHP-v1.

    Attributes:
        splits: the split of each entry.
        images: names of all files in `images/`.
        mask_names: names of all mask files by the stem of their image.
        empty_lists: those of `lists` that name no image.
        misnamed: files in `annotations/` whose name is not `NNNN_PP_ii.png` (hidden files aside).
    """

    root: Path
    split: str
    entries: Tuple[str, ...]
    splits: Tuple[str, ...] = field(repr=False)
    lists: Tuple[str, ...]
    images: FrozenSet[str] = field(repr=False)
    mask_names: Dict[str, List[str]] = field(repr=False)
    misnamed: Tuple[str, ...] = ()
    empty_lists: Tuple[str, ...] = ()
    dataset: str = "mhp"
    classes: Tuple[str, ...] = field(default=CLASSES, repr=False)

    def split_of(self, position: int) -> str:
        return self.splits[position]

    def image_name(self, position: int) -> str:
        return "images/" + self.entries[position]

    def has_image(self, position: int) -> bool:
        return self.entries[position] in self.images

    def masks(self, position: int) -> List[MaskFile]:
        """In the order of their persons."""
        stem = os.path.splitext(self.entries[position])[0]
        found = []
        for name in self.mask_names.get(stem, ()):
            _, persons, person = name[: -len(".png")].rsplit("_", 2)
            found.append(MaskFile("annotations/" + name, int(persons), int(person)))
        return sorted(found, key=lambda mask: (mask.person, mask.persons, mask.path))

    def without(self, skip: Sequence[str]) -> "MhpIndex":
        gone = frozenset(skip)
        kept = [position for position, entry in enumerate(self.entries) if entry not in gone]
        entries, splits = (tuple(names[position] for position in kept) for names in (self.entries, self.splits))
        return replace(self, entries=entries, splits=splits)

    def stray(self) -> Dict[str, str]:
        found = {f"annotations/{name}": "a name NNNN_PP_ii.png" for name in self.misnamed}
        stems = {os.path.splitext(name)[0] for name in self.images.union(self.entries)}
        for stem in sorted(set(self.mask_names) - stems):
            found.update((f"annotations/{name}", f"an image {stem}") for name in sorted(self.mask_names[stem]))
        return found

    def mask_pattern(self, position: int) -> str:
        return f"annotations/{os.path.splitext(self.entries[position])[0]}_PP_ii.png"


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
    cut = _train_size(len(entries))
    splits = ["test"] * len(entries) if split == "test" else ["train"] * cut + ["val"] * (len(entries) - cut)
    if split in ("train", "val"):
        kept = slice(cut) if split == "train" else slice(cut, None)
        entries, splits = entries[kept], splits[kept]
    elif split == "all" and (root / "test_list.txt").exists():
        lists.append("test_list.txt")
        more = _read_list(root / "test_list.txt")
        empty += [] if more else ["test_list.txt"]
        entries += more
        splits += ["test"] * len(more)
    if not entries:
        raise DataError(
            f"Expected image names for split {split!r} in {root / needed}, found none; fill the list or take another --split."
        )
    masks, misnamed = _group_masks(os.listdir(str(root / "annotations")))
    images = frozenset(os.listdir(str(root / "images")))
    return MhpIndex(root, split, tuple(entries), tuple(splits), tuple(lists), images, masks, misnamed, tuple(empty))


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
        return self.root / self.index.image_name(index)

    def require_files(self) -> None:
        """Check by name alone that every entry has an image and a mask, so that a run does not end hours later.

        Raises:
            DataError: naming the first entry that lacks either, and how many do.
        """
        missing = [position for position in range(len(self)) if not self.index.has_image(position)]
        if missing:
            raise DataError(_without(self.index, missing, "an image", "images"))
        bare = [position for position in range(len(self)) if not self.index.masks(position)]
        if bare:
            raise DataError(_without(self.index, bare, "a mask NNNN_PP_ii.png", "annotations"))

    def read(self, index: int) -> RawSample:
        path = self.image_path(index)
        masks = self.index.masks(index)
        if not masks:
            raise DataError(_without(self.index, [index], "a mask NNNN_PP_ii.png", "annotations"))
        image = read_image(path)
        merged = np.zeros(image.shape[:2], dtype=np.int32)
        mask_paths = tuple(self.root / mask.path for mask in masks)
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
