"""Make a dumped batch again from the dataset, and say where it is not the one that was dumped."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional, Sequence, Tuple

import numpy as np
import PIL

from nanhunt.data.datasets import SegmentationDataset
from nanhunt.data.gluoncv_mhp import GluonMhpDataset, GluonMhpIndex
from nanhunt.data.index import DatasetIndex
from nanhunt.data.recipe import Recipe
from nanhunt.dump.record import Arrays, Record
from nanhunt.errors import DataError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nanhunt.data.samples import RawSample

PILLOW = "pillow"
"""Beside the recipe in a dump: the version that decoded and resized."""


def described(recipe: Recipe, root: Path) -> Dict[str, Any]:
    """What a dump keeps of how its batch was made, in JSON values."""
    return {**recipe.to_json(root), PILLOW: PIL.__version__}


@dataclass(frozen=True)
class RebuiltSample:
    """One sample of the batch.

    Attributes:
        path: its image.
        pixels: of the data that differ in any channel.
        labels: pixels of the label that differ.
        changed: files that hold something else than when the batch was made, are gone, or are new, in words.
        trouble: why it could not be made again; None where it could.
    """

    path: str
    pixels: int = 0
    labels: int = 0
    changed: Tuple[str, ...] = ()
    trouble: Optional[str] = None

    @property
    def equal(self) -> bool:
        """Whether every bit is the same."""
        return not (self.pixels or self.labels or self.trouble)


@dataclass(frozen=True)
class RebuiltBatch:
    """The whole batch.

    Attributes:
        root: the dataset's folder.
        pillow: Pillow's version (when the batch was made, now).
    """

    root: Path
    samples: Tuple[RebuiltSample, ...]
    pillow: Tuple[str, str]

    @property
    def equal(self) -> bool:
        """Whether every sample is."""
        return all(sample.equal for sample in self.samples)


def rebuild_batch(record: Record, root: Optional[Path] = None) -> RebuiltBatch:
    """Make the batch again out of indices, paths and draws.

    Args:
        record: of a dump.
        root: the dataset's folder, if it is not where it was.

    Raises:
        UsageError: the dump does not say how its batch was made, or the folder is not that dataset.
        DataError: the split has no entry.
    """
    kept = record.iteration.get("data")
    samples = list(record.iteration.get("samples") or ())
    if not isinstance(kept, Mapping) or not samples:
        raise UsageError(
            "Expected a dump of `nanhunt train` that says how its batch was made, found none of that in it; "
            "other programs' datasets are not known."
        )
    values = dict(kept)
    pillow = str(values.pop(PILLOW, "?"))
    recipe = _findable(Recipe.from_json(values).at(root), moved=root is not None)
    index = recipe.source.index(recipe.split)
    dataset, transform = _dataset(recipe, index, samples), recipe.transform()
    places = {index.image_name(position): position for position in range(len(index) - 1, -1, -1)}
    rebuilt = []
    for sample in samples:
        position = _position(index, places, sample)
        if position is None:
            rebuilt.append(RebuiltSample(str(sample["path"]), trouble=f"no such entry in {index.dataset} {index.split}"))
            continue
        try:
            raw = dataset.read(position)
        except DataError as error:
            rebuilt.append(RebuiltSample(str(sample["path"]), trouble=str(error)))
            continue
        rebuilt.append(_compared(sample, raw, transform.apply(raw, sample["draws"]), record.batch))
    return RebuiltBatch(index.root, tuple(rebuilt), (pillow, PIL.__version__))


def _findable(recipe: Recipe, moved: bool) -> Recipe:
    """A recipe for looking samples up: which of a folder's lists named them does not matter, and nothing is generated anew."""
    source = recipe.source
    if source.name == "folder":
        return replace(recipe, split="all", source=replace(source, train_list=None, val_list=None))
    if source.name == "synthetic-mhp" and source.root is not None:
        there = moved or source.root.is_dir()
        return replace(recipe, source=replace(source, name="mhp") if there else replace(source, root=None))
    return recipe


def _dataset(recipe: Recipe, index: DatasetIndex, samples: Sequence[Mapping[str, Any]]) -> SegmentationDataset:
    if isinstance(index, GluonMhpIndex):  # masks in the order of the folder as it was
        orders = {each["path"]: [name for name, _ in each["files"][1:]] for each in samples if each["files"]}
        return GluonMhpDataset(index, orders)
    return recipe.over(index, require_files=False)


def _position(index: DatasetIndex, places: Mapping[str, int], sample: Mapping[str, Any]) -> Optional[int]:
    """Where the sample is now: entries that were left out, or lists that have changed, move it."""
    was, path = int(sample["index"]), str(sample["path"])
    if 0 <= was < len(index) and index.image_name(was) == path:
        return was
    return places.get(path)


def _compared(
    sample: Mapping[str, Any],
    raw: "RawSample",
    made: Tuple["NDArray[np.float32]", "NDArray[np.int32]"],
    batch: Arrays,
) -> RebuiltSample:
    data, label = (batch[f"{sample['device']}/{name}"][int(sample["row"])] for name in ("data", "label"))
    changed = _changes(dict(sample.get("files") or ()), dict(raw.files))
    return RebuiltSample(str(sample["path"]), _differing(made[0], data), _differing(made[1][None], label[None]), changed)


def _changes(then: Mapping[str, int], now: Mapping[str, int]) -> Tuple[str, ...]:
    gone = [f"{name} is gone" for name in then if name not in now]
    new = [f"{name} is new" for name in now if name not in then]
    return (*(f"{name} changed" for name in then if now.get(name, then[name]) != then[name]), *gone, *new)


def _differing(made: "NDArray[Any]", dumped: "NDArray[Any]") -> int:
    """Pixels of (C, H, W) arrays that are not the same in every channel."""
    if made.shape != dumped.shape:
        return int(np.prod(dumped.shape[1:]))
    return int(np.count_nonzero((made.astype(dumped.dtype) != dumped).any(axis=0)))
