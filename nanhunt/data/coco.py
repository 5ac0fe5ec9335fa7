"""COCO with the classes of Pascal VOC, as GluonCV's `COCOSegmentation` reads it: masks are drawn from the annotations."""

import os
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Dict, FrozenSet, Optional, Sequence, Tuple

from PIL import Image

from nanhunt.data.gluoncv_labels import gluoncv_class
from nanhunt.data.index import DatasetIndex, MaskFile
from nanhunt.data.listing import list_folder
from nanhunt.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

SPLITS: "Mapping[str, Tuple[str, ...]]" = {"train": ("train",), "val": ("val",), "all": ("train", "val")}
_loading = Lock()


@dataclass(frozen=True)
class CocoIndex(DatasetIndex):
    """The images of a split that GluonCV takes: those with more than 1,000 pixels of a VOC class.

    Attributes:
        images: (split, id of the image, file name) of each entry.
        there: the images that are there, as counted from `root`.
    """

    root: Path
    split: str
    images: Tuple[Tuple[str, int, str], ...] = field(repr=False)
    there: FrozenSet[str] = field(repr=False)
    lists: Tuple[str, ...]
    classes: Tuple[str, ...] = field(repr=False)
    dataset: str = "coco"
    entries: Tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "entries", tuple(name for _, _, name in self.images))

    def split_of(self, position: int) -> str:
        return self.images[position][0]

    def image_name(self, position: int) -> str:
        split, _, name = self.images[position]
        return f"{split}2017/{name}"

    def has_image(self, position: int) -> bool:
        return self.image_name(position) in self.there

    def masks(self, position: int) -> Sequence[MaskFile]:
        return (MaskFile(self.mask_pattern(position), 1, 1),)

    def mask_picture(self, position: int, mask: MaskFile) -> Image.Image:
        split, number, _ = self.images[position]
        theirs = _annotations(self.folder, split)
        described = theirs.coco.loadImgs(number)[0]
        shapes = theirs.coco.loadAnns(theirs.coco.getAnnIds(imgIds=number))
        try:
            return Image.fromarray(theirs._gen_seg_mask(shapes, described["height"], described["width"]))
        except Exception as error:  # whatever pycocotools makes of a damaged polygon
            raise DataError(f"Expected polygons in {mask.path}, found something else ({error}); correct it.") from error

    def without(self, skip: Sequence[str]) -> "CocoIndex":
        return replace(self, images=tuple(self.images[position] for position in self._kept(skip)))

    def mask_pattern(self, position: int) -> str:
        split, number, _ = self.images[position]
        return f"{_instances(split)}#{number}"


def index_coco(root: Optional[Path] = None, split: str = "train") -> CocoIndex:
    """Find the files of a split. The first time GluonCV looks through all annotations, which takes minutes, and keeps the ids
    in `annotations/train_ids.mx` or `val_ids.mx`.

    Raises:
        UsageError: no such split, the folder lacks a part of the layout, or GluonCV or pycocotools is not installed.
        DataError: the annotations cannot be read, or the split has no entry.
    """
    if split not in SPLITS:
        raise UsageError(f"Expected a split of coco out of {', '.join(SPLITS)}, found {split!r}.")
    root = Path.home() / ".mxnet" / "datasets" / "coco" if root is None else Path(root)
    for each in SPLITS[split]:
        for needed in (_instances(each), f"{each}2017"):
            if not (root / needed).exists():
                raise UsageError(f"Expected COCO 2017 in {root}, found no {needed}; give its folder with --data-root.")
    images = []
    there: Dict[str, None] = {}
    for each in SPLITS[split]:
        theirs = _annotations(str(root), each)
        images += [(each, int(number), str(theirs.coco.loadImgs(number)[0]["file_name"])) for number in theirs.ids]
        there.update((f"{each}2017/{name}", None) for name in list_folder(root / f"{each}2017"))
    lists = tuple(_instances(each) for each in SPLITS[split])
    if not images:
        raise DataError(f"Expected images with more than 1,000 pixels of a VOC class in {lists[0]}, found none.")
    classes = tuple(str(each) for each in gluoncv_class("COCOSegmentation", "coco").CLASSES)
    return CocoIndex(root, split, tuple(images), frozenset(there), lists, classes)


def _instances(split: str) -> str:
    return f"annotations/instances_{split}2017.json"


def _annotations(root: str, split: str) -> Any:
    """GluonCV's dataset, read once in a process."""
    with _loading:
        return _read_annotations(root, split)


@lru_cache(maxsize=2)
def _read_annotations(root: str, split: str) -> Any:
    if find_spec("pycocotools") is None:  # GluonCV would install it, over the network
        raise UsageError("Expected pycocotools for --dataset coco, found none; pip install pycocotools (nanhunt's extra coco).")
    kind = gluoncv_class("COCOSegmentation", "coco")
    try:
        with redirect_stdout(sys.stderr):
            return kind(root, split)
    except OSError as error:
        raise DataError(
            f"Expected to read {_instances(split)} and to keep ids beside it in {root}, could not ({error.strerror or error})."
        ) from error
    except Exception as error:  # JSON that is cut short, or of another kind
        path = os.path.join(root, _instances(split))
        raise DataError(f"Expected COCO annotations in {path}, found something else ({error!r}); restore the file.") from error
