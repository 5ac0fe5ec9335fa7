"""What the values in a mask mean, as GluonCV's dataset classes have it: names, class ids, and what is left out of the loss."""

import io
import tempfile
from contextlib import redirect_stdout
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Tuple

import numpy as np
from PIL import Image

from nanhunt.errors import UsageError


class Labels(NamedTuple):
    """Of one dataset class.

    Attributes:
        classes: names by id.
        table: the label of each value 0..255 that a mask may hold: a class id, IGNORE, or where GluonCV refuses the value, one
            that is no class.
    """

    classes: Tuple[str, ...]
    table: Tuple[int, ...]


def gluoncv_class(name: str, dataset: str) -> Any:
    """A class of `gluoncv.data`.

    Raises:
        UsageError: GluonCV is not installed.
    """
    try:
        import gluoncv.data
    except ImportError as error:
        raise UsageError(
            f"Expected gluoncv for --dataset {dataset}, found none ({error}); install nanhunt with its extra cpu or seed-cpu."
        ) from error
    return getattr(gluoncv.data, name)


@lru_cache(maxsize=None)
def labels_of(name: str, dataset: str) -> Labels:
    """The labels of a GluonCV class, asked of its own `_mask_transform`.

    Args:
        name: of the class in `gluoncv.data`.
        dataset: what `--dataset` calls it, for the message.

    Raises:
        UsageError: GluonCV is not installed.
    """
    kind = gluoncv_class(name, dataset)
    dataset_of_none = _instance(kind)
    classes = tuple(str(each) for each in kind.CLASSES)
    return Labels(classes, tuple(_label(dataset_of_none, value, len(classes)) for value in range(256)))


def _label(dataset: Any, value: int, num_class: int) -> int:
    picture = Image.fromarray(np.full((1, 1), value, dtype=np.uint8))
    try:
        return int(dataset._mask_transform(picture).asnumpy()[0, 0])
    except AssertionError:  # how Cityscapes refuses an id
        return value if value >= num_class else num_class + value


def _instance(kind: Any) -> Any:
    """A dataset without its files, which `_mask_transform` does not need and which may not be here."""
    if kind.__name__ != "CitySegmentation":
        return kind.__new__(kind)
    with tempfile.TemporaryDirectory() as folder:  # this one makes its table after listing its files: one pair of names will do
        for name in ("leftImg8bit/train/a/a_leftImg8bit.png", "gtFine/train/a/a_gtFine_labelIds.png"):
            path = Path(folder, name)
            path.parent.mkdir(parents=True)
            path.touch()
        with redirect_stdout(io.StringIO()):
            return kind(folder)
