"""Operators that take whole numbers for classes or rows: which input they are, and how many there are to choose from."""

from dataclasses import dataclass
from typing import Mapping, Optional, Sequence, Tuple

Shape = Tuple[int, ...]

INDEXING = ("pick", "SoftmaxOutput", "softmax_cross_entropy", "Embedding", "take", "gather_nd")
"""The operators that `indexing` knows.

`one_hot` is none of them: a row of zeros for -1 or 255 is what it is used for.
"""

SAME_NUMBERS = (
    *("Cast", "cast", "amp_cast", "_copy", "_copyto", "identity", "Reshape", "reshape", "expand_dims", "Flatten", "transpose"),
)
"""Operators that change no number."""


@dataclass(frozen=True)
class Indexing:
    """How an operator reads indices.

    Attributes:
        number: which of its inputs holds them.
        size: indices from 0 to size - 1 mean something.
        ignored: a value that it is told to pass over; None if there is none.
        effect: what becomes of an index of `size` or more.
        clips: that this is how the operator is meant: the nearest row stands in. It is a mistake only where it looks up
            trained rows by numbers that came in as they are.
    """

    number: int
    size: int
    ignored: Optional[float]
    effect: str
    clips: bool = False


def indexing(op: str, attributes: Mapping[str, str], shapes: Sequence[Shape]) -> Optional[Indexing]:
    """How the operator reads indices; None for operators that read none.

    Args:
        op: the framework's operator name.
        shapes: of its inputs.
    """
    if op == "pick" and len(shapes) == 2:
        axis = attributes.get("axis", "-1")
        if axis == "None" or not shapes[0] or attributes.get("mode") == "wrap":
            return None
        size = shapes[0][int(axis)]
        return Indexing(1, size, None, "pick takes it for class %d" % (size - 1))
    if op == "SoftmaxOutput" and len(shapes) == 2 and shapes[0] != shapes[1] and len(shapes[0]) > 1:
        data = shapes[0]
        size = data[1] if _is(attributes, "multi_output") else _product(data[1:])
        if _is(attributes, "preserve_shape"):
            size = data[-1]
        ignored = float(attributes.get("ignore_label", "-1")) if _is(attributes, "use_ignore") else None
        return Indexing(1, size, ignored, "it matches no class in the gradient of SoftmaxOutput, which pulls all logits down")
    if op == "softmax_cross_entropy" and len(shapes) == 2:
        return Indexing(1, shapes[0][1], None, "softmax_cross_entropy reads beyond the row of logits")
    if op == "Embedding" and len(shapes) == 2:
        size = int(attributes["input_dim"])
        return Indexing(0, size, None, "Embedding takes it for row %d" % (size - 1))
    if op == "take" and len(shapes) == 2 and shapes[0] and attributes.get("mode", "clip") == "clip":
        size = shapes[0][int(attributes.get("axis", "0"))]
        return Indexing(1, size, None, "take takes it for row %d" % (size - 1), clips=True)
    if op == "gather_nd" and len(shapes) == 2 and shapes[0] and shapes[1][:1] == (1,):
        return Indexing(1, shapes[0][0], None, "gather_nd reads beyond the array")
    return None


def _is(attributes: Mapping[str, str], name: str) -> bool:
    return attributes.get(name, "False") in ("True", "1", "true")


def _product(lengths: Sequence[int]) -> int:
    product = 1
    for length in lengths:
        product *= length
    return product
