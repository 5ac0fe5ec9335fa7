"""Where on the picture the places of a tensor lie: followed operator by operator from the picture on.

Along the height, and likewise the width, place `i` of a tensor is around pixel `scale * i + offset`. A convolution of stride 2
doubles the scale, a crop moves the offset, a transpose changes the axes; what has no height and width any more has no map.
"""

import ast
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from nanhunt.backends.graph import Node, Port
from nanhunt.diagnose.evidence import Evidence

Shape = Tuple[int, ...]
Line = Tuple[float, float]
"""(scale, offset)."""

_MIXING = ("FullyConnected", "Flatten", "flatten", "dot", "batch_dot", "RNN", "Embedding", "Reshape", "reshape", "reshape_like")
"""Operators whose output has no height and width, unless these stand where they stood."""

_REDUCING = ("pick", "argmax", "argmin", "sum", "mean", "max", "min", "norm", "prod", "nansum", "sum_axis", "max_axis")


@dataclass(frozen=True)
class Lie:
    """How a tensor lies on the picture.

    Attributes:
        axes: which of its axes are height and width.
        lines: for each of the two, (scale, offset).
    """

    axes: Tuple[int, int]
    lines: Tuple[Line, Line] = ((1.0, 0.0), (1.0, 0.0))


def lies(evidence: Evidence, begin: Mapping[int, Lie]) -> Dict[Port, Lie]:
    """How every tensor lies that comes of the leaves in `begin`, by port. One that comes of several takes the finest."""
    found: Dict[Port, Lie] = {(node, 0): lie for node, lie in begin.items()}
    for each in evidence.forward():
        node = evidence.graph.nodes[each.node]
        known = [(port, found[port], evidence.output(port)) for port in node.inputs if port in found]
        read = [(lie, facts.shape) for _, lie, facts in known if facts is not None]
        if not read:
            continue
        lie, shape = max(read, key=lambda pair: pair[1][pair[0].axes[0]] * pair[1][pair[0].axes[1]])
        for k, facts in enumerate(each.outputs):
            made = _through(node, lie, shape, facts.shape) if facts is not None else None
            if made is not None:
                found[(each.node, k)] = made
    return found


def on_picture(lie: Lie, mask: np.ndarray, size: Tuple[int, int]) -> np.ndarray:
    """A mask of one sample (its axes without the first), as a mask of the picture's (height, width) pixels."""
    high, wide = lie.axes[0] - 1, lie.axes[1] - 1
    flat = mask.any(axis=tuple(axis for axis in range(mask.ndim) if axis not in (high, wide)))
    flat = flat if high < wide else flat.T
    return _along(_along(flat, lie.lines[0], size[0]).T, lie.lines[1], size[1]).T


def _along(mask: np.ndarray, line: Line, pixels: int) -> np.ndarray:
    """The mask with its first axis laid on the pixels."""
    scale, offset = line
    if scale != 1.0 or offset != int(offset):
        return np.asarray(_covers(line, len(mask), pixels) @ mask.astype(np.float32) > 0)
    found = np.zeros((pixels,) + mask.shape[1:], bool)
    begin, end = max(int(offset), 0), min(int(offset) + len(mask), pixels)
    found[begin:end] = mask[begin - int(offset) : max(end - int(offset), 0)]
    return found


def _covers(line: Line, places: int, pixels: int) -> np.ndarray:
    """Float (pixels, places): 1 where a pixel belongs to a place. What padding leaves at the edges is the outer places'."""
    scale, offset = line
    middles = scale * np.arange(places) + offset
    away = np.arange(pixels)[:, None] - middles[None, :]
    half = max(scale, 1.0) / 2
    covers = (away > -half) & (away <= half)
    if scale > 1.0:
        covers[:, 0] |= (away[:, 0] <= 0) & (away[:, 0] > -scale)
        covers[:, -1] |= (away[:, -1] >= 0) & (away[:, -1] < scale)
    return covers.astype(np.float32)


def _through(node: Node, lie: Lie, went_in: Shape, came_out: Shape) -> Optional[Lie]:
    axes = _axes(node, lie.axes, went_in, came_out)
    if axes is None:
        return None
    lines: List[Line] = []
    for place, (before, after) in enumerate(zip(lie.axes, axes)):
        scale, offset = _line(node, place, before, went_in[before], came_out[after])
        outer_scale, outer_offset = lie.lines[place]
        lines.append((outer_scale * scale, outer_scale * offset + outer_offset))
    return Lie(axes, (lines[0], lines[1]))


def _axes(node: Node, axes: Tuple[int, int], went_in: Shape, came_out: Shape) -> Optional[Tuple[int, int]]:
    """Where height and width are in the output."""
    if node.op == "transpose":
        order = _numbers(node, "axes") or tuple(reversed(range(len(went_in))))
        return (order.index(axes[0]), order.index(axes[1])) if set(axes) <= set(order) else None
    if node.op == "SwapAxis":
        a, b = (int(_value(node, key, 0)) for key in ("dim1", "dim2"))
        swapped = {a: b, b: a}
        return (swapped.get(axes[0], axes[0]), swapped.get(axes[1], axes[1]))
    if node.op == "expand_dims":
        axis = int(_value(node, "axis", 0)) % len(came_out)
        return (axes[0] + (axis <= axes[0]), axes[1] + (axis <= axes[1]))
    if len(went_in) == len(came_out):
        kept = all(went_in[axis] == came_out[axis] for axis in axes)
        return axes if kept or (node.op not in _MIXING and min(came_out[axis] for axis in axes) > 0) else None
    if node.op in _MIXING:
        return None
    gone = _reduced(node, len(went_in)) if node.op in _REDUCING else _left_out(went_in, came_out)
    if gone is None or set(gone) & set(axes) or len(went_in) - len(gone) != len(came_out):
        return None
    return (axes[0] - sum(g < axes[0] for g in gone), axes[1] - sum(g < axes[1] for g in gone))


def _reduced(node: Node, count: int) -> Optional[Sequence[int]]:
    axes = _numbers(node, "axis")
    if not axes:
        return [1] if node.op == "pick" else None
    gone = [axis % count for axis in axes]
    return [axis for axis in range(count) if axis not in gone] if _value(node, "exclude", False) is True else gone


def _left_out(went_in: Shape, came_out: Shape) -> Optional[Sequence[int]]:
    """The one axis without which the shapes are the same, where there is only one such."""
    found = [axis for axis in range(1, len(went_in)) if went_in[:axis] + went_in[axis + 1 :] == came_out]
    return found if len(found) == 1 else None


def _line(node: Node, place: int, axis: int, before: int, after: int) -> Line:
    """For height (place 0) or width (1): (scale, offset) from a place of the output to one of the input."""
    op = node.op
    if op in ("Convolution", "Deconvolution") or (op == "Pooling" and _value(node, "global_pool", False) is not True):
        kernel, stride, pad, dilate = (
            _at(_numbers(node, key), place, default)
            for key, default in (("kernel", 1), ("stride", 1), ("pad", 0), ("dilate", 1))
        )
        centre, stride = dilate * (kernel - 1) / 2 - pad, max(stride, 1)
        return (1 / stride, -centre / stride) if op == "Deconvolution" else (float(stride), centre)
    if op in ("slice", "crop"):
        begin = _at(_value(node, "begin", ()), axis, 0) or 0
        return (float(_at(_value(node, "step", ()), axis, 1) or 1), float(begin if begin >= 0 else before + begin))
    if op == "slice_axis":
        mine = int(_value(node, "axis", 0)) in (axis, axis - 4, axis - 3)
        begin = int(_value(node, "begin", 0)) if mine else 0
        return (1.0, float(begin if begin >= 0 else before + begin))
    if op == "slice_like":
        return (1.0, 0.0)
    if op == "Crop":
        middle = _value(node, "center_crop", False) is True
        return (1.0, float((before - after) // 2 if middle else _at(_numbers(node, "offset"), place, 0)))
    if op in ("Pad", "pad"):
        return (1.0, -float(_at(_numbers(node, "pad_width"), 2 * axis, 0)))
    scale = before / max(after, 1)
    return (scale, (scale - 1) / 2)


def _value(node: Node, key: str, default: Any) -> Any:
    """An attribute as the Python value that its string stands for."""
    try:
        return ast.literal_eval(node.attributes[key])
    except (KeyError, ValueError, SyntaxError, MemoryError, RecursionError):
        return default


def _numbers(node: Node, key: str) -> Tuple[int, ...]:
    value = _value(node, key, ())
    value = value if isinstance(value, (tuple, list)) else (value,)
    return tuple(int(each) for each in value if isinstance(each, (int, float)))


def _at(values: Any, place: int, default: Any) -> Any:
    return values[place] if isinstance(values, (tuple, list)) and place < len(values) else default
