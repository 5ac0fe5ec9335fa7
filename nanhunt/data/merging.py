"""Several persons' masks become one: whose a disputed pixel is, and which pixels nobody is asked about."""

from typing import TYPE_CHECKING, Any, Sequence

import numpy as np

from nanhunt.data.choices import FIRST, LAST, SMALLER_ON_TOP
from nanhunt.data.index import IGNORE

if TYPE_CHECKING:
    from numpy.typing import NDArray


def merge(masks: "Sequence[NDArray[np.int32]]", overlap: str = FIRST, boundary: int = 0) -> "NDArray[np.int32]":
    """The labels of one picture.

    Args:
        masks: int32 (H, W) of each person in the order of their ids; 0 where the person is not.
        overlap: one of OVERLAPS. `smaller-on-top`: whoever covers fewer pixels; of two that cover as many, the first.
        boundary: pixels that are IGNORE on each side of a border between two labels, as in Pascal VOC, and then also those that
            two persons claim for different labels; 0 is none.
    """
    merged = masks[0]
    if len(masks) > 1:
        merged = merged.copy()
        for labels in _from_the_top(masks, overlap, merged):
            np.copyto(merged, labels, where=merged == 0)
    if boundary:
        unsure = near_a_border(merged, boundary) | disputed(masks)
        merged = np.where(unsure, np.int32(IGNORE), merged)
    return merged


def _from_the_top(
    masks: "Sequence[NDArray[np.int32]]", overlap: str, merged: "NDArray[np.int32]"
) -> "Sequence[NDArray[np.int32]]":
    """Those that lie below the first one, from top to bottom; the topmost is put into `merged`."""
    order = list(masks)
    if overlap == LAST:
        order.reverse()
    elif overlap == SMALLER_ON_TOP:
        order.sort(key=np.count_nonzero)  # stable: of equal ones the first stays on top
    merged[...] = order[0]
    return order[1:]


def disputed(masks: "Sequence[NDArray[np.int32]]") -> "NDArray[np.bool_]":
    """Pixels that two or more persons cover with different labels."""
    covered = np.zeros(masks[0].shape, dtype=np.int32)
    found = np.zeros(masks[0].shape, dtype=np.bool_)
    for labels in masks:
        found |= (covered != 0) & (labels != 0) & (labels != covered)
        np.copyto(covered, labels, where=covered == 0)
    return found


def near_a_border(labels: "NDArray[np.int32]", width: int) -> "NDArray[np.bool_]":
    """Pixels with another label within `width` rows and columns; what is IGNORE already is no label."""
    ignored = labels == IGNORE
    highest = _spread(labels, width, np.maximum)
    lowest = _spread(np.where(ignored, np.iinfo(np.int32).max, labels), width, np.minimum)
    near: NDArray[np.bool_] = (highest > lowest) & ~ignored
    return near


def _spread(values: "NDArray[np.int32]", width: int, choose: Any) -> "NDArray[np.int32]":
    """The chosen one of the values within `width` rows and columns."""
    for axis in (0, 1):
        result = values.copy()
        for step in range(1, min(width, values.shape[axis] - 1) + 1):
            towards, back = [slice(None)] * 2, [slice(None)] * 2
            towards[axis], back[axis] = slice(step, None), slice(None, -step)
            choose(result[tuple(back)], values[tuple(towards)], out=result[tuple(back)])
            choose(result[tuple(towards)], values[tuple(back)], out=result[tuple(towards)])
        values = result
    return values
