"""Datasets by name."""

from pathlib import Path
from typing import Optional

from nanhunt.data.index import DatasetIndex
from nanhunt.data.reading import IndexedDataset
from nanhunt.data.samples import RawSample, SegmentationDataset
from nanhunt.data.source import NAMES, Source

__all__ = ["NAMES", "RawSample", "SegmentationDataset", "Source", "index_dataset", "open_dataset"]


def index_dataset(name: str, root: Optional[Path] = None, split: str = "train") -> DatasetIndex:
    """The files of a dataset's split; as `Source(name, root).index(split)`."""
    return Source(name, root).index(split)


def open_dataset(
    name: str, root: Optional[Path] = None, split: str = "train", num_class: Optional[int] = None
) -> IndexedDataset:
    """A dataset ready to be trained on: every entry of the split has an image and a mask by name.

    Args:
        name: one of NAMES but `folder`.
        root: as of Source.
        split: `train`, `val`, `test` or `all`.
        num_class: labels from here up are refused when they are read; None is as many as the dataset has.

    Raises:
        UsageError: no such dataset, split or folder.
        DataError: the split is empty, or an entry has no image or no mask.
    """
    dataset = IndexedDataset(Source(name, root).index(split), num_class, "mhp" if name == "mhpv1" else name)
    dataset.require_files()
    return dataset
