"""Which axes of an operator's inputs belong together, so that a part of all of them can be taken at once."""

from dataclasses import dataclass
from typing import List, Mapping, Optional, Tuple

from nanhunt.backends.graph import Node

Member = Tuple[Tuple[str, int], int]
"""((`input` or `head`, number), axis)"""

Shapes = Mapping[Tuple[str, int], Tuple[int, ...]]


@dataclass(frozen=True)
class Cut:
    """Axes of one length that are cut together.

    Attributes:
        members: which.
        length: of all of them.
        axis: the axis of the bad array that goes with them; None where none does, as with a sum.
        attribute: the operator's attribute that says the length.
    """

    members: Tuple[Member, ...]
    length: int
    axis: Optional[int] = None
    attribute: Optional[str] = None


_NORMALISING = ("BatchNorm", "BatchNorm_v1", "CuDNNBatchNorm", "_contrib_SyncBatchNorm")


def cuts_of(node: Node, shapes: Shapes, bad: Tuple[int, ...], backward: bool, number: int) -> List[Cut]:
    """In the order in which they are worth trying. A wrong one does no harm: the framework refuses it, or it does not show.

    Args:
        bad: shape of the array that is non-finite: an output, or in the backward the gradient of input `number`.
    """
    own = ("input", number) if backward else ("output", 0)
    if node.op == "FullyConnected":
        cuts = _fully_connected(node, shapes, own)
    elif node.op in ("Convolution", "Deconvolution"):
        cuts = _convolution(node, shapes, own)
    elif node.op in _NORMALISING:
        cuts = _channels(node, shapes, own)
    elif node.op == "dot" and not any(node.attributes.get(key) in ("True", "1") for key in ("transpose_a", "transpose_b")):
        cuts = _dot(shapes, own)
    else:
        cuts = [_alike(shapes, bad, axis) for axis in range(len(bad))]
    return [cut for cut in cuts if cut.length > 1 and cut.members]


def _alike(shapes: Shapes, bad: Tuple[int, ...], axis: int) -> Cut:
    """Of every array the axis that stands at the same place, as with elementwise and broadcasting operators."""
    members = []
    for key, shape in shapes.items():
        if len(shape) == len(bad) and shape[axis] == bad[axis]:
            members.append((key, axis))
        elif len(shape) == 1 and axis == 1 and shape[0] == bad[axis]:
            members.append((key, 0))  # one number a channel
    return Cut(tuple(members), bad[axis], axis)


def _cut(shapes: Shapes, members: List[Member], own: Tuple[str, int], attribute: Optional[str] = None) -> Cut:
    """The members that there are; those that stand for the output are its heads' too."""
    axis = next((a for key, a in members if key == own), None)
    there: List[Member] = []
    for key, a in members:
        keys = [each for each in shapes if each[0] == "head"] if key[0] == "output" else [key]
        there += [(each, a) for each in keys if each in shapes and a < len(shapes[each])]
    lengths = {shapes[key][a] for key, a in there}
    if len(lengths) != 1:
        return Cut((), 0)
    return Cut(tuple(there), lengths.pop(), axis, attribute)


_DATA, _WEIGHT, _BIAS, _OUT = ("input", 0), ("input", 1), ("input", 2), ("output", 0)


def _fully_connected(node: Node, shapes: Shapes, own: Tuple[str, int]) -> List[Cut]:
    rank = len(shapes[_DATA])
    flat = node.attributes.get("flatten", "True") == "True"
    if flat and rank > 2:
        return [_cut(shapes, [(_DATA, 0), (_OUT, 0)], own), _units(shapes, own, 1, "num_hidden")]
    rows = [_cut(shapes, [(_DATA, a), (_OUT, a)], own) for a in range(rank - 1)]
    return [*rows, _units(shapes, own, rank - 1, "num_hidden"), _cut(shapes, [(_DATA, rank - 1), (_WEIGHT, 1)], own)]


def _units(shapes: Shapes, own: Tuple[str, int], axis: int, attribute: str) -> Cut:
    return _cut(shapes, [(_WEIGHT, 0), (_BIAS, 0), (_OUT, axis)], own, attribute)


def _convolution(node: Node, shapes: Shapes, own: Tuple[str, int]) -> List[Cut]:
    cuts = [_cut(shapes, [(_DATA, 0), (_OUT, 0)], own)]
    if node.attributes.get("num_group", "1") == "1":
        if node.op == "Convolution":
            cuts += [_units(shapes, own, 1, "num_filter"), _cut(shapes, [(_DATA, 1), (_WEIGHT, 1)], own)]
        else:
            cuts += [_cut(shapes, [(_DATA, 1), (_WEIGHT, 0)], own)]
    if ("head", 0) not in shapes:
        # Which pixels of the picture an output pixel sees is for the runs to tell.
        cuts += [_cut(shapes, [(_DATA, a)], own) for a in range(2, len(shapes[_DATA]))]
    return cuts


def _channels(node: Node, shapes: Shapes, own: Tuple[str, int]) -> List[Cut]:
    """Only the channels: a channel's statistics are over all the rest."""
    axis = int(node.attributes.get("axis", "1")) % len(shapes[_DATA])
    whole = [(_DATA, axis), (_OUT, axis)]
    return [_cut(shapes, [*whole, *((("input", k), 0) for k in range(1, 5))], own)]


def _dot(shapes: Shapes, own: Tuple[str, int]) -> List[Cut]:
    if any(len(shape) != 2 for shape in shapes.values()):
        return []
    return [
        _cut(shapes, [(_DATA, 0), (_OUT, 0)], own),
        _cut(shapes, [(_WEIGHT, 1), (_OUT, 1)], own),
        _cut(shapes, [(_DATA, 1), (_WEIGHT, 0)], own),
    ]
