"""Datasets by name."""

from pathlib import Path
from typing import Optional

from nanhunt.data.mhp import CLASSES, MhpDataset, MhpIndex, index_mhp
from nanhunt.data.samples import RawSample, SegmentationDataset
from nanhunt.errors import UsageError

__all__ = ["NAMES", "RawSample", "SegmentationDataset", "index_dataset", "open_dataset"]

NAMES = ("mhp", "mhpv1", "synthetic-mhp")
"""What `--dataset` takes; `mhpv1` is GluonCV's name for `mhp`."""


def index_dataset(name: str, root: Optional[Path] = None, split: str = "train") -> MhpIndex:
    """The files of a dataset's split, none of them opened; `synthetic-mhp` is generated where it is not there yet.

    Raises:
        UsageError: no such dataset, split or folder.
        DataError: the split has no entry.
    """
    if name in ("mhp", "mhpv1"):
        return index_mhp(root, split)
    if name == "synthetic-mhp":
        from nanhunt.data.synthetic import ensure

        return index_mhp(ensure(root), split)
    raise UsageError(f"Expected a dataset out of {', '.join(NAMES)}, found {name!r}.")


def open_dataset(
    name: str, root: Optional[Path] = None, split: str = "train", num_class: int = len(CLASSES)
) -> SegmentationDataset:
    """A dataset ready to be trained on: every entry of the split has an image and a mask by name.

    Args:
        name: one of NAMES.
        root: the dataset's folder; None is `~/.mxnet/datasets/mhp/LV-MHP-v1`, and for `synthetic-mhp` a cache folder.
        split: `train`, `val`, `test` or `all`.
        num_class: labels from here up are refused when they are read.

    Raises:
        UsageError: no such dataset, split or folder.
        DataError: the split is empty, or an entry has no image or no mask.
    """
    dataset = MhpDataset(index_dataset(name, root, split), num_class, name="mhp" if name == "mhpv1" else name)
    dataset.require_files()
    return dataset
