"""Cityscapes' fine annotations as GluonCV's `CitySegmentation` reads them: 19 classes out of 34 ids, the others left out."""

from pathlib import Path
from typing import List, Optional, Tuple

from nanhunt.data.gluoncv_labels import labels_of
from nanhunt.data.listing import list_folder
from nanhunt.data.paired import Pair, PairedIndex
from nanhunt.errors import UsageError

CLASS = "CitySegmentation"


def index_citys(root: Optional[Path] = None, split: str = "train") -> PairedIndex:
    """Find the files of a split, in the order of their names; GluonCV takes them in the order of the folders.

    An image without a mask stays an entry; GluonCV leaves it out.

    Raises:
        UsageError: no such split, the folder lacks a part of the layout, or GluonCV is not installed.
        DataError: the split has no entry.
    """
    if split not in ("train", "val", "all"):
        raise UsageError(f"Expected a split of citys out of train, val, all, found {split!r}; its test masks are void.")
    root = Path.home() / ".mxnet" / "datasets" / "citys" if root is None else Path(root)
    pairs: List[Pair] = []
    strays: List[Tuple[str, str]] = []
    for each in ("train", "val"):
        if split in (each, "all"):
            _find(root, each, pairs, strays)
    labels = labels_of(CLASS, "citys")
    return PairedIndex(
        "citys", root, split, tuple(pairs), (), labels.classes, labels.table, padding=labels.table[0], strays=tuple(strays)
    )


def _find(root: Path, split: str, pairs: List[Pair], strays: List[Tuple[str, str]]) -> None:
    """Add the pairs of a split, and its masks that have no image."""
    images, annotations = f"leftImg8bit/{split}", f"gtFine/{split}"
    for needed in (images, annotations):
        if not (root / needed).is_dir():
            raise UsageError(f"Expected Cityscapes in {root}, found no {needed}; give the folder above it with --data-root.")
    cities = {path.name for where in (images, annotations) for path in (root / where).iterdir() if path.is_dir()}
    for city in sorted(cities):
        folder = root / annotations / city
        masks = frozenset(list_folder(folder)) if folder.is_dir() else frozenset()
        pictures = list_folder(root / images / city) if (root / images / city).is_dir() else []
        wanted = {name.replace("leftImg8bit", "gtFine_labelIds") for name in pictures}
        for mask in sorted(name for name in masks - wanted if name.endswith("_gtFine_labelIds.png")):
            image = mask.replace("gtFine_labelIds", "leftImg8bit")
            strays.append((f"{annotations}/{city}/{mask}", f"an image {images}/{city}/{image}"))
        for name in sorted(pictures):
            if name.endswith(".png"):
                mask = name.replace("leftImg8bit", "gtFine_labelIds")
                entry = city + "/" + name[: -len(".png")].replace("_leftImg8bit", "")
                pairs.append(
                    Pair(entry, split, f"{images}/{city}/{name}", f"{annotations}/{city}/{mask}", has_mask=mask in masks)
                )
