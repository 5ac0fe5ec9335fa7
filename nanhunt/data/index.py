"""What a dataset's files are, by name alone: what inspection walks and what a dataset is read through."""

import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Sequence, Tuple

from nanhunt.data.pictures import decode, label_array

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

IGNORE = -1
"""The label of a pixel that the loss leaves out."""


class MaskFile(NamedTuple):
    """One mask file: `person` of `persons` in the image, counted from 1; 1 of 1 where one file holds the whole picture."""

    path: str
    persons: int
    person: int


class DatasetIndex(ABC):
    """The files of one split, found by name alone: nothing was opened, and nothing is promised about what they hold.

    It is sent to other processes and machines: keep it picklable and small.

    Attributes:
        dataset: the name as `--dataset` takes it.
        root: the dataset's folder; paths are counted from it.
        split: as asked for; `all` is every split.
        entries: a name for each sample, unique unless the list repeats it, in the order of the list. Skip files hold these.
        lists: the files that the entries came from; empty where a folder was listed.
        classes: class names by id.
        empty_lists: those of `lists` that name nothing.
        padding: the label beyond the picture's edge, where a crop is larger than the picture.
    """

    dataset: str
    root: Path
    split: str
    entries: Tuple[str, ...]
    lists: Tuple[str, ...]
    classes: Tuple[str, ...]
    empty_lists: Tuple[str, ...] = ()
    padding: int = 0

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def folder(self) -> str:
        """`root` as a string: joining paths as strings costs a twentieth."""
        return str(self.root)

    @abstractmethod
    def split_of(self, position: int) -> str:
        """The split of one entry: `train`, `val` or `test`."""

    @abstractmethod
    def image_name(self, position: int) -> str:
        """The image of one entry as counted from `root`, there or not."""

    @abstractmethod
    def has_image(self, position: int) -> bool:
        """Whether that file is there."""

    @abstractmethod
    def masks(self, position: int) -> Sequence[MaskFile]:
        """The mask files of one entry that are there, in the order in which they are merged."""

    def mask_picture(self, position: int, mask: MaskFile) -> "Image.Image":
        """A mask of an entry, decoded; COCO's is drawn from its annotations.

        Raises:
            DataError: the file is missing, cut short or damaged.
        """
        return decode(os.path.join(self.folder, mask.path))

    def labels(self, picture: "Image.Image") -> "NDArray[Any]":
        """The class ids in a decoded mask, (H, W): what its bytes stand for in this dataset; IGNORE is left out of the loss."""
        return label_array(picture)

    @abstractmethod
    def without(self, skip: Sequence[str]) -> "DatasetIndex":
        """The same split without the entries named."""

    def stray(self) -> Dict[str, str]:
        """Files that belong to no entry, from path to what was expected of it; empty where a dataset cannot tell."""
        return {}

    def _kept(self, skip: Sequence[str]) -> List[int]:
        """Positions that are not named in `skip`."""
        gone = frozenset(skip)
        return [position for position, entry in enumerate(self.entries) if entry not in gone]

    @abstractmethod
    def mask_pattern(self, position: int) -> str:
        """Where the masks of an entry are looked for, for messages, such as `annotations/0001_PP_ii.png`."""
