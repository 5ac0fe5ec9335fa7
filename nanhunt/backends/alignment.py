"""CTC: whether a label can be given at all by a sequence as long as it is.

The reading of labels is that of MXNet's kernel (src/operator/nn/ctc_loss-inl.h; 1.4.1 and 1.9.1 alike): a row ends where the
padding value is first found (0 where the first class is the blank, -1 where the last is), or after as many as it is told.
A label of L symbols of which r equal the one before them needs L + r steps: a blank between equal ones.
"""

from dataclasses import dataclass
from typing import List, Mapping, Optional, Sequence, Tuple

import numpy as np

Shape = Tuple[int, ...]

ALIGNING = ("CTCLoss", "ctc_loss", "_contrib_CTCLoss", "_contrib_ctc_loss", "_npx_ctc_loss")
"""The operators that `alignment` knows."""


@dataclass(frozen=True)
class Alignment:
    """How an operator reads sequences and their labels.

    Attributes:
        label: which of its inputs holds the labels (sample, place).
        data_lengths, label_lengths: inputs that say how long each is; None where the array or the padding does.
        padding: the value that ends a label.
        steps: of every sequence, where nothing else is said.
        classes: number of classes, the blank among them.
        blank: `first` or `last`.
    """

    label: int
    data_lengths: Optional[int]
    label_lengths: Optional[int]
    padding: int
    steps: int
    classes: int
    blank: str

    @property
    def inputs(self) -> List[int]:
        """Those that hold integers."""
        return [each for each in (self.label, self.data_lengths, self.label_lengths) if each is not None]


@dataclass(frozen=True)
class Target:
    """One sample whose label cannot be: `wrong` is a label without a class, None where the sequence is too short."""

    sample: int
    symbols: int
    repeats: int
    steps: int
    wrong: Optional[int] = None


def alignment(op: str, attributes: Mapping[str, str], shapes: Sequence[Shape]) -> Optional[Alignment]:
    """How the operator reads labels; None for operators that align nothing.

    Args:
        op: the framework's operator name.
        shapes: of its inputs.
    """
    if op not in ALIGNING or len(shapes) < 2 or len(shapes[0]) != 3 or len(shapes[1]) != 2:
        return None
    number, lengths = 2, []
    for key in ("use_data_lengths", "use_label_lengths"):
        used = attributes.get(key, "False").lower() in ("true", "1")
        lengths.append(number if used else None)
        number += used
    if number != len(shapes):
        return None
    blank = attributes.get("blank_label", "first")
    return Alignment(1, lengths[0], lengths[1], 0 if blank == "first" else -1, shapes[0][0], shapes[0][2], blank)


def impossible(how: Alignment, arrays: Sequence[np.ndarray]) -> List[Target]:
    """The samples whose label no sequence gives, or has no class.

    Args:
        arrays: those of `how.inputs`, in this order.
    """
    if not all(np.isfinite(each).all() for each in arrays):
        return []
    whole = [np.trunc(each).astype(np.int64) for each in arrays]
    labels, rest = whole[0], whole[1:]
    count, width = labels.shape
    steps = rest.pop(0) if how.data_lengths is not None else np.full(count, how.steps)
    if how.label_lengths is not None:
        lengths = rest.pop(0)
    else:
        ends = labels == how.padding
        lengths = np.where(ends.any(axis=1), ends.argmax(axis=1), width)
    inside = np.arange(width)[None, :] < lengths[:, None]
    repeats = ((labels[:, 1:] == labels[:, :-1]) & inside[:, 1:]).sum(axis=1)
    outside = inside & ((labels < 0) | (labels >= how.classes))
    found = []
    for n in np.flatnonzero(outside.any(axis=1) | (lengths + repeats > steps)):
        wrong = int(labels[n][outside[n]][0]) if outside[n].any() else None
        found.append(Target(int(n), int(lengths[n]), int(repeats[n]), int(steps[n]), wrong))
    return found
