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
from nanhunt.dump.rewind import PastIteration, trail_of
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
    samples = list(record.iteration.get("samples") or ())
    maker = _Maker(record, root, samples)
    rebuilt = []
    for sample in samples:
        try:
            raw, made = maker.make(sample)
        except DataError as error:
            rebuilt.append(RebuiltSample(str(sample["path"]), trouble=str(error)))
            continue
        rebuilt.append(_compared(sample, raw, made, record.batch))
    return RebuiltBatch(maker.root, tuple(rebuilt), (maker.pillow, PIL.__version__))


class _Maker:
    """Makes samples of a dump again; see `rebuild_batch`."""

    def __init__(self, record: Record, root: Optional[Path], samples: Sequence[Mapping[str, Any]]) -> None:
        kept = record.iteration.get("data")
        if not isinstance(kept, Mapping) or not samples:
            raise UsageError(
                "Expected a dump of `nanhunt train` that says how its batch was made, found none of that in it; "
                "other programs' datasets are not known."
            )
        values = dict(kept)
        self.pillow = str(values.pop(PILLOW, "?"))
        recipe = _findable(Recipe.from_json(values).at(root), moved=root is not None)
        self._index = recipe.source.index(recipe.split)
        self.root = self._index.root
        self._dataset, self._transform = _dataset(recipe, self._index, samples), recipe.transform()
        self._places = {self._index.image_name(position): position for position in range(len(self._index) - 1, -1, -1)}

    def make(self, sample: Mapping[str, Any]) -> "Tuple[RawSample, Tuple[NDArray[np.float32], NDArray[np.int32]]]":
        """What was read, and data and label of it.

        Raises:
            DataError: it cannot be read.
        """
        position = _position(self._index, self._places, sample)
        if position is None:
            raise DataError(f"no such entry in {self._index.dataset} {self._index.split}")
        raw = self._dataset.read(position)
        return raw, self._transform.apply(raw, sample["draws"])


class BatchMaker:
    """Makes the batches again that a dump holds the indices of; see `replay.rewinding.walk.Remake`.

    Args:
        root: the dataset's folder, if it is not where it was.
    """

    def __init__(self, record: Record, root: Optional[Path]) -> None:
        self._record, self._root = record, root
        self._maker: Optional[_Maker] = None

    def __call__(self, past: PastIteration) -> Tuple[Dict[str, "NDArray[Any]"], Tuple[str, ...]]:
        """Raises: UsageError, DataError: as `rebuild_batch`, and a file that cannot be read."""
        if self._maker is None:
            trail = trail_of(self._record)
            iterations = trail.iterations if trail is not None else ()
            self._maker = _Maker(self._record, self._root, [sample for each in iterations for sample in each.samples])
        made: Dict[str, Dict[int, NDArray[Any]]] = {}
        changed: Tuple[str, ...] = ()
        for sample in past.samples:
            try:
                raw, arrays = self._maker.make(sample)
            except DataError as error:
                raise DataError(f"the batch of step {past.step} cannot be made again: {sample['path']}: {error}") from error
            changed += _changes(dict(sample.get("files") or ()), dict(raw.files))
            for name, array in zip(("data", "label"), arrays):
                made.setdefault(f"{sample['device']}/{name}", {})[int(sample["row"])] = array
        if self._maker.pillow != PIL.__version__:
            changed += (f"Pillow was {self._maker.pillow} and is {PIL.__version__}",)
        return {
            name: self._as_dumped(name, np.stack([rows[row] for row in sorted(rows)])) for name, rows in made.items()
        }, changed

    def _as_dumped(self, name: str, array: "NDArray[Any]") -> "NDArray[Any]":
        return array.astype(self._record.batch[name].dtype, copy=False) if name in self._record.batch else array


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
