"""What a segmentation dataset is, and one sample as it lies on the disk."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Tuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class RawSample:
    """One image and its labels, decoded but not yet transformed.

    Attributes:
        image: uint8 (H, W, 3), RGB.
        mask: int32 (H, W), one class id a pixel, the persons of the image merged; IGNORE (-1) is left out of the loss.
            Or uint8, of whatever size, where none is (`--like gluoncv-0.7`).
        index: place in the dataset's split, from 0.
        path: the image file.
        mask_paths: the files that `mask` was merged from, in the order in which they were merged.
        padding: the label beyond the picture's edge.
        files: the image and the masks, as counted from the dataset's root, with the CRC-32 of what they hold.
    """

    image: "NDArray[np.uint8]"
    mask: "NDArray[Any]"
    index: int
    path: Path
    mask_paths: Tuple[Path, ...]
    padding: int = 0
    files: Tuple[Tuple[str, int], ...] = ()


class SegmentationDataset(ABC):
    """Images with one class id a pixel, read by index.

    Attributes:
        name: as given to `open_dataset`.
        classes: class names by id; background is 0.
        root: the folder that `relative_path` counts from.
    """

    name: str
    classes: Tuple[str, ...]
    root: Path

    @abstractmethod
    def __len__(self) -> int:
        """Number of samples in the split."""

    @abstractmethod
    def image_path(self, index: int) -> Path:
        """The image file of sample `index`."""

    @abstractmethod
    def read(self, index: int) -> RawSample:
        """Decode sample `index`.

        Raises:
            DataError: a file is missing or damaged, or holds something that cannot be trained on.
        """

    def relative_path(self, index: int) -> str:
        """The image file of sample `index` as counted from `root`, such as `images/0012.jpg`, on every platform."""
        path = self.image_path(index)
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return path.as_posix()
