"""Any folder of images and a folder of masks, matched by stem: `--dataset folder --images DIR --masks DIR --num-class N`.

Subfolders count: `a/1.jpg` belongs to `a/1.png`. Which images train and which validate is told by list files, or by subfolders
named `train`, `val` and `test`; where there is neither, all train.
"""

import os
from pathlib import Path
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Tuple

from PIL import Image

from nanhunt.data.index import IGNORE
from nanhunt.data.listing import read_list
from nanhunt.data.paired import Pair, PairedIndex
from nanhunt.errors import DataError, UsageError

SPLITS = ("train", "val", "test", "all")
SUBFOLDERS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
VOID = 255
"""The value in a mask that is left out of the loss, as in Pascal VOC."""


class Folders(NamedTuple):
    """Where the files are; relative paths count from `root` where it is given, else from the current folder.

    Attributes:
        train_list, val_list: files that name an image a line, with or without its suffix, as counted from `images`.
    """

    images: Path
    masks: Path
    root: Optional[Path] = None
    train_list: Optional[Path] = None
    val_list: Optional[Path] = None


def index_folder(folders: Folders, split: str = "train", num_class: int = VOID) -> PairedIndex:
    """Find the files of a split.

    Raises:
        UsageError: no such split, folder or list file.
        DataError: the split has no entry, or two masks belong to one image.
    """
    if split not in SPLITS:
        raise UsageError(f"Expected a split out of {', '.join(SPLITS)}, found {split!r}.")
    folders = _absolute(folders)
    root = folders.root or Path(os.path.commonpath([str(folders.images), str(folders.masks)]))
    pictures = _pictures(folders.images)
    masks = _pictures(folders.masks)
    if folders.images == folders.masks:  # then masks are the PNG files
        pictures = [name for name in pictures if not name.lower().endswith(".png")]
        masks = [name for name in masks if name.lower().endswith(".png")]
    by_stem = _by_stem(masks, folders.masks)
    chosen = _chosen(pictures, folders, root, split)
    image_folder, mask_folder = _from(root, folders.images), _from(root, folders.masks)
    there = frozenset(pictures)
    pairs = []
    for name, own_split in chosen:
        stem = _stem(name)
        mask = by_stem.get(stem)
        image_path, mask_path = image_folder + name, mask_folder + (mask or f"{stem}.*")
        pairs.append(Pair(name, own_split, image_path, mask_path, name in there, mask is not None))
    stems = {_stem(name) for name in pictures}
    strays = tuple((mask_folder + by_stem[stem], f"an image {stem}") for stem in sorted(set(by_stem) - stems))
    lists = tuple(_from(root, path).rstrip("/") for path in (folders.train_list, folders.val_list) if path is not None)
    table = tuple(range(VOID)) + (IGNORE,)
    classes = tuple(f"class {label}" for label in range(num_class))
    return PairedIndex("folder", root, split, tuple(pairs), lists, classes, table, IGNORE, strays=strays)


def _absolute(folders: Folders) -> Folders:
    base = os.path.abspath(str(folders.root or "."))

    def absolute(path: Path) -> Path:
        return Path(os.path.normpath(os.path.join(base, str(path))))

    found = Folders(
        absolute(folders.images),
        absolute(folders.masks),
        None if folders.root is None else Path(base),
        None if folders.train_list is None else absolute(folders.train_list),
        None if folders.val_list is None else absolute(folders.val_list),
    )
    for option, folder in (("--images", found.images), ("--masks", found.masks)):
        if not folder.is_dir():
            raise UsageError(f"Expected a folder at {option} {folder}, found none.")
    for option, names in (("--train-list", found.train_list), ("--val-list", found.val_list)):
        if names is not None and not names.is_file():
            raise UsageError(f"Expected a file of image names at {option} {names}, found none.")
    return found


def _pictures(folder: Path) -> List[str]:
    """Names of all pictures below a folder, by their suffixes, as counted from it, sorted."""
    suffixes = _suffixes()
    found = []
    for where, folders, names in os.walk(str(folder), onerror=_stop):
        folders[:] = [name for name in folders if name[0] != "."]
        below = os.path.relpath(where, str(folder)).replace(os.sep, "/")
        prefix = "" if below == "." else below + "/"
        found += [prefix + name for name in names if name[0] != "." and os.path.splitext(name)[1].lower() in suffixes]
    return sorted(found)


def _stop(error: OSError) -> None:
    raise error


def _suffixes() -> FrozenSet[str]:
    """What the formats that Pillow opens are called."""
    Image.init()
    return frozenset(suffix for suffix, name in Image.EXTENSION.items() if name in Image.OPEN)


def _by_stem(masks: Sequence[str], folder: Path) -> Dict[str, str]:
    found: Dict[str, str] = {}
    for name in masks:
        other = found.setdefault(_stem(name), name)
        if other != name:
            raise DataError(f"Expected one mask for each image in {folder}, found {other} and {name}; take one of them away.")
    return found


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]


def _from(root: Path, path: Path) -> str:
    """A folder as counted from the root, with a slash at its end; absolute where it lies outside."""
    try:
        below = path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix() + "/"
    return "" if below == "." else below + "/"


def _chosen(pictures: Sequence[str], folders: Folders, root: Path, split: str) -> List[Tuple[str, str]]:
    """(image, split) of each entry."""
    if folders.train_list is not None or folders.val_list is not None:
        parts = _listed(pictures, folders)
    else:
        parts = _by_subfolder(pictures)
    chosen = [(name, part) for part, names in parts.items() for name in names if split in (part, "all")]
    if not chosen:
        told = "give --val-list FILE, or subfolders train/ and val/ in both folders; to train without validation: --no-val"
        told = told if split == "val" else "give a folder of pictures, or another split"
        raise DataError(f"Expected images for split {split!r} in {folders.images}, found none; {told}.")
    return chosen


def _listed(pictures: Sequence[str], folders: Folders) -> Dict[str, List[str]]:
    by_stem = {_stem(name): name for name in reversed(pictures)}
    there = frozenset(pictures)

    def named(path: Optional[Path]) -> List[str]:
        found = []
        for line in [] if path is None else read_list(path):
            name = os.path.relpath(os.path.join(str(folders.images), line), str(folders.images)).replace(os.sep, "/")
            found.append(name if name in there else by_stem.get(name, name))
        return found

    val = named(folders.val_list)
    return {"train": sorted(there - set(val)) if folders.train_list is None else named(folders.train_list), "val": val}


def _by_subfolder(pictures: Sequence[str]) -> Dict[str, List[str]]:
    parts: Dict[str, List[str]] = {"train": [], "val": [], "test": []}
    for name in pictures:
        part = SUBFOLDERS.get(name.split("/")[0].lower()) if "/" in name else None
        if part is None:
            return {"train": list(pictures)}
        parts[part].append(name)
    return parts
