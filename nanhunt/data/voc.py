"""Pascal VOC 2012 as GluonCV's `VOCSegmentation` reads it; its `train` is VOC's `trainval`."""

from pathlib import Path
from typing import List, Optional

from nanhunt.data.gluoncv_labels import gluoncv_class, labels_of
from nanhunt.data.listing import list_folder, read_list
from nanhunt.data.paired import Pair, PairedIndex
from nanhunt.errors import UsageError

CLASS = "VOCSegmentation"
LISTS = {"train": "trainval.txt", "val": "val.txt", "all": "trainval.txt"}


def index_voc(root: Optional[Path] = None, split: str = "train") -> PairedIndex:
    """Find the files of a split. Missing ones stay entries; GluonCV's class ends with a bare AssertionError there.

    Raises:
        UsageError: no such split, the folder lacks a part of the layout, or GluonCV is not installed.
        DataError: the split has no entry.
    """
    if split not in LISTS:
        raise UsageError(f"Expected a split of voc out of {', '.join(LISTS)}, found {split!r}; its test split has no masks.")
    root = Path.home() / ".mxnet" / "datasets" / "voc" if root is None else Path(root)
    base: str = gluoncv_class(CLASS, "voc").BASE_DIR
    lists = f"{base}/ImageSets/Segmentation/"
    for needed in (f"{base}/JPEGImages", f"{base}/SegmentationClass", lists + LISTS[split]):
        if not (root / needed).exists():
            raise UsageError(f"Expected Pascal VOC in {root}, found no {needed}; give the folder above it with --data-root.")
    images = frozenset(list_folder(root / base / "JPEGImages"))
    masks = frozenset(list_folder(root / base / "SegmentationClass"))
    validating = frozenset(_names(root / lists / LISTS["val"]))
    pairs = tuple(
        Pair(
            name,
            "val" if name in validating else "train",
            f"{base}/JPEGImages/{name}.jpg",
            f"{base}/SegmentationClass/{name}.png",
            f"{name}.jpg" in images,
            f"{name}.png" in masks,
        )
        for name in _names(root / lists / LISTS[split])
    )
    labels = labels_of(CLASS, "voc")
    return PairedIndex(
        "voc", root, split, pairs, (lists + LISTS[split],), labels.classes, labels.table, padding=labels.table[0]
    )


def _names(path: Path) -> List[str]:
    return read_list(path) if path.is_file() else []
