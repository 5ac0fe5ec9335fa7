"""What a batch depends on beside the indices and draws of its samples, as plain values: a dump keeps it to make it again."""

import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Callable, Dict, Mapping, Optional, Sequence

from nanhunt.data.choices import SHORT_SIDE
from nanhunt.data.gluoncv_mhp import GluonMhpDataset, GluonMhpIndex
from nanhunt.data.gray import Chroma
from nanhunt.data.index import DatasetIndex
from nanhunt.data.reading import IndexedDataset, Steps
from nanhunt.data.samples import SegmentationDataset
from nanhunt.data.source import Source
from nanhunt.data.transform import TrainTransform, Transform, ValTransform
from nanhunt.errors import UsageError

_PATHS = ("root", "images", "masks", "train_list", "val_list")


@dataclass(frozen=True)
class Recipe:
    """From files to samples.

    Attributes:
        source: where the files are.
        split: which of them.
        steps: what is done when a sample is read.
        base_size, crop_size, resize, crop: of the transform.
        augment: whether the transform is the one for training.
    """

    source: Source
    split: str = "train"
    steps: Steps = Steps()
    base_size: int = 520
    crop_size: int = 480
    resize: str = SHORT_SIDE
    crop: bool = True
    augment: bool = True

    def transform(self) -> Transform:
        """Raises: UsageError: sizes or steps that do not go together."""
        kind = TrainTransform if self.augment else ValTransform
        return kind(self.base_size, self.crop_size, self.resize, self.crop)

    def dataset(
        self, skip: Sequence[str] = (), say: Optional[Callable[[str], None]] = None, require_files: bool = True
    ) -> SegmentationDataset:
        """The split without the entries named in `skip`.

        Args:
            say: told in one line when a folder is no longer what an earlier run has listed.
            require_files: check by name that every entry has an image and a mask.

        Raises:
            UsageError: as `Source.index`.
            DataError: the split has no entry, or one has no image or no mask.
        """
        index = self.source.index(self.split, say)
        return self.over(index.without(skip) if skip else index, require_files)

    def over(self, index: DatasetIndex, require_files: bool = True) -> SegmentationDataset:
        """The dataset behind an index that was found before."""
        if isinstance(index, GluonMhpIndex):
            return GluonMhpDataset(index)
        num_class = self.source.num_class if self.source.name == "folder" else None
        dataset = IndexedDataset(index, num_class, "mhp" if self.source.name == "mhpv1" else self.source.name, self.steps)
        if require_files:
            dataset.require_files()
        return dataset

    def to_json(self, root: Path) -> Dict[str, Any]:
        """Plain JSON values.

        Args:
            root: of the dataset, found; paths inside it are kept as counted from it, so that it can be elsewhere later.
        """
        values = {**asdict(self), **self._paths(root)}
        values["source"] = {name: None if value is None else _plain(value) for name, value in values["source"].items()}
        return values

    def _paths(self, root: Path) -> Dict[str, Any]:
        source = asdict(self.source)
        base = Path(os.path.abspath(str(root)))
        for name in _PATHS[1:]:
            if source[name] is not None:
                given = source[name] if self.source.root is None else Path(self.source.root, source[name])
                path = Path(os.path.abspath(str(given)))
                source[name] = path.relative_to(base) if base == path or base in path.parents else path
        return {"source": {**source, "root": base}}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Recipe":
        """The recipe again.

        Raises:
            UsageError: it was written by another version, or altered.
        """
        try:
            given = dict(values)
            source = {name: _of_kind(name, value) for name, value in given.pop("source").items()}
            steps = dict(given.pop("steps"))
            chroma = steps.pop("chroma")
            steps["chroma"] = None if chroma is None else Chroma(*chroma)
            return cls(Source(**source), steps=Steps(**steps), **given)
        except (KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"Expected what this version writes about the dataset, found something else ({error}).") from error

    def at(self, root: Optional[Path]) -> "Recipe":
        """The same with the dataset in another folder; None leaves it."""
        return self if root is None else replace(self, source=replace(self.source, root=root))

    def settings(self) -> Dict[str, str]:
        """What of it decides which batches there are, wherever the folder lies; for people to compare."""
        own = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in ("source", "steps")}
        own.update(like=self.source.like, **asdict(self.steps))
        return {name: str(value) for name, value in own.items()}


def _of_kind(name: str, value: Any) -> Any:
    return Path(value) if name in _PATHS and value is not None else value


def _plain(value: Any) -> Any:
    return value.as_posix() if isinstance(value, Path) else value
