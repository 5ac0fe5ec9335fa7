"""ADE20K (ADEChallengeData2016) as GluonCV's `ADE20KSegmentation` reads it."""

import os
from pathlib import Path
from typing import List, Optional, Tuple

from nanhunt.data.gluoncv_labels import gluoncv_class, labels_of
from nanhunt.data.listing import list_folder
from nanhunt.data.paired import Pair, PairedIndex
from nanhunt.errors import UsageError

CLASS = "ADE20KSegmentation"
FOLDERS = {"train": "training", "val": "validation"}


def index_ade20k(root: Optional[Path] = None, split: str = "train") -> PairedIndex:
    """Find the files of a split, in the order of their names; GluonCV takes them in the order of the folder.

    An image without a mask stays an entry; GluonCV leaves it out.

    Raises:
        UsageError: no such split, the folder lacks a part of the layout, or GluonCV is not installed.
        DataError: the split has no entry.
    """
    if split not in (*FOLDERS, "all"):
        raise UsageError(f"Expected a split of ade20k out of train, val, all, found {split!r}.")
    root = Path.home() / ".mxnet" / "datasets" / "ade" if root is None else Path(root)
    base: str = gluoncv_class(CLASS, "ade20k").BASE_DIR
    pairs: List[Pair] = []
    strays: List[Tuple[str, str]] = []
    for each, folder in FOLDERS.items():
        if split in (each, "all"):
            _find(root, base, each, folder, pairs, strays)
    labels = labels_of(CLASS, "ade20k")
    return PairedIndex(
        "ade20k", root, split, tuple(pairs), (), labels.classes, labels.table, padding=labels.table[0], strays=tuple(strays)
    )


def _find(root: Path, base: str, split: str, folder: str, pairs: List[Pair], strays: List[Tuple[str, str]]) -> None:
    """Add the pairs of a split, and its masks that have no image."""
    images, annotations = f"{base}/images/{folder}", f"{base}/annotations/{folder}"
    for needed in (images, annotations):
        if not (root / needed).is_dir():
            raise UsageError(f"Expected ADE20K in {root}, found no {needed}; give the folder above it with --data-root.")
    masks = frozenset(list_folder(root / annotations))
    stems = sorted(os.path.splitext(name)[0] for name in list_folder(root / images) if name.endswith(".jpg"))
    pairs += [
        Pair(stem, split, f"{images}/{stem}.jpg", f"{annotations}/{stem}.png", has_mask=f"{stem}.png" in masks)
        for stem in stems
    ]
    alone = sorted(name for name in masks - {f"{stem}.png" for stem in stems} if name.endswith(".png"))
    strays += [(f"{annotations}/{name}", f"an image {images}/{name[: -len('.png')]}.jpg") for name in alone]
