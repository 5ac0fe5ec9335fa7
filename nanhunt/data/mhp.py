"""LV-MHP-v1 (Multi-Human Parsing): find its files in one pass.

Layout: `images/NNNN.jpg`, `annotations/NNNN_PP_ii.png` (PP persons in the image, this is person ii, counted from 1),
`train_list.txt`, `test_list.txt`; one image name a line. https://lv-mhp.github.io
"""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Dict, FrozenSet, List, Optional, Sequence, Tuple

from nanhunt.data.index import DatasetIndex, MaskFile
from nanhunt.data.listing import Say, list_folder, read_list
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
        kept = self._kept(skip)
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


def index_mhp(root: Optional[Path] = None, split: str = "train", say: Optional[Say] = None) -> MhpIndex:
    """Find the files of a split, listing each folder once.

    `test` is `test_list.txt`. `train` and `val` share `train_list.txt`: of more than 3,000 entries the first 3,000 are for
    training and the rest for validation; of a smaller list the last fifth is for validation (at least one, unless the list has
    but one). `all` is both lists.

    Args:
        say: told in one line when a folder is no longer what an earlier run has listed.

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
    entries = read_list(root / needed)
    empty = [] if entries else [needed]
    cut = _train_size(len(entries))
    splits = ["test"] * len(entries) if split == "test" else ["train"] * cut + ["val"] * (len(entries) - cut)
    if split in ("train", "val"):
        kept = slice(cut) if split == "train" else slice(cut, None)
        entries, splits = entries[kept], splits[kept]
    elif split == "all" and (root / "test_list.txt").exists():
        lists.append("test_list.txt")
        more = read_list(root / "test_list.txt")
        empty += [] if more else ["test_list.txt"]
        entries += more
        splits += ["test"] * len(more)
    if not entries:
        raise DataError(
            f"Expected image names for split {split!r} in {root / needed}, found none; fill the list or take another --split."
        )
    masks, misnamed = _group_masks(list_folder(root / "annotations", say))
    images = frozenset(list_folder(root / "images", say))
    return MhpIndex(root, split, tuple(entries), tuple(splits), tuple(lists), images, masks, misnamed, tuple(empty))


def _train_size(listed: int) -> int:
    if listed > FULL_TRAIN:
        return FULL_TRAIN
    return listed - max(1, listed // 5) if listed > 1 else listed


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
