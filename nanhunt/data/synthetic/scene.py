"""A photo-like scene: a defocused background, soft light, and people who stand in front of one another."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, List, Sequence, Tuple

import numpy as np

from nanhunt.data.synthetic.people import Colour, Part, draw_person
from nanhunt.data.synthetic.shapes import Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

RIM = 2
"""Pixels by which the mask of a person reaches under whoever stands in front: hand-made masks overlap like this."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and who is in it.

    Attributes:
        image: uint8 (H, W, 3).
        masks: uint8 (H, W) each, class ids of one person, front to back; a pixel covered twice belongs to the first.
        gray: whether it is to be saved with one channel.
    """

    image: "NDArray[np.uint8]"
    masks: Tuple["NDArray[np.uint8]", ...]
    gray: bool


def draw_scene(random: np.random.RandomState) -> Scene:
    """One scene. Takes uniform draws only: other distributions go through libm and differ in the last digit."""
    width, height = 8 * _integer(random, 28, 56), 8 * _integer(random, 28, 56)
    horizon = height * _between(random, 0.45, 0.70)
    canvas = _background(random, width, height, horizon)
    texture = smooth_noise(random, height, width, 7.0)
    light = (_between(random, -0.9, 0.9), -_between(random, 0.2, 0.9))
    layers = []
    for x, ground, size in _places(random, width, height, horizon):
        parts = draw_person(random, x, ground, size)
        _shadow(canvas, x, ground, size, light)
        layers.append(_paint(canvas, parts, texture, light))
    image = _develop(random, canvas)
    return Scene(image, _visible(layers), bool(random.random_sample() < 0.08))


def _between(random: np.random.RandomState, low: float, high: float) -> float:
    return low + (high - low) * float(random.random_sample())


def _integer(random: np.random.RandomState, low: int, high: int) -> int:
    return low + int(random.random_sample() * (high - low + 1))


def _places(random: np.random.RandomState, width: int, height: int, horizon: float) -> List[Tuple[float, float, float]]:
    """x, ground and size of two to five people (at times one), farthest first, each beside and partly behind the next."""
    count = (1, 2, 2, 2, 3, 3, 3, 4, 4, 5)[int(random.random_sample() * 10)]
    near = height * _between(random, 0.80, 1.30)
    slots = [width * (place + 0.5) / count for place in range(count)]
    spread = min(width / count, near * 0.36)
    places = []
    for slot in slots:
        closeness = _between(random, 0.75, 1.0)
        size = near * closeness
        middle = width / 2 + (slot - width / 2) * spread * count / width
        x = middle + spread * _between(random, -0.22, 0.22)
        crown = height * _between(random, 0.04, 0.14) + (near - size) * 0.25
        places.append((x, crown + size, size))
    return sorted(places, key=lambda place: place[1])


def smooth_noise(random: np.random.RandomState, height: int, width: int, cell: float) -> "NDArray[np.float32]":
    """float32 (height, width) in 0..1 that changes over about `cell` pixels."""
    rows, columns = int(height / cell) + 2, int(width / cell) + 2
    return enlarge(random.random_sample((rows, columns, 1)).astype(np.float32), height, width)[:, :, 0]


def enlarge(small: "NDArray[np.float32]", height: int, width: int) -> "NDArray[np.float32]":
    """float32 (height, width, C) between the points of float32 (h, w, C), linearly."""
    y = np.linspace(0, small.shape[0] - 1.001, height).astype(np.float32)
    x = np.linspace(0, small.shape[1] - 1.001, width).astype(np.float32)
    row, column = y.astype(np.intp), x.astype(np.intp)
    down, across = (y - row)[:, None, None], (x - column)[None, :, None]
    tall = small[row] * (1 - down) + small[row + 1] * down
    result: NDArray[np.float32] = (tall[:, column] * (1 - across) + tall[:, column + 1] * across).astype(np.float32)
    return result


_SKIES = ((0.62, 0.76, 0.92), (0.86, 0.80, 0.74), (0.70, 0.74, 0.80), (0.93, 0.72, 0.55), (0.16, 0.17, 0.26))
_WALLS = ((0.78, 0.74, 0.68), (0.56, 0.62, 0.66), (0.42, 0.30, 0.26), (0.85, 0.85, 0.83), (0.35, 0.40, 0.36))
_GROUNDS = ((0.45, 0.44, 0.43), (0.36, 0.44, 0.24), (0.62, 0.55, 0.45), (0.34, 0.27, 0.22), (0.70, 0.68, 0.66))


def _pick(random: np.random.RandomState, colours: Sequence[Colour]) -> "NDArray[np.float32]":
    return np.array(colours[int(random.random_sample() * len(colours))], dtype=np.float32)


def _background(random: np.random.RandomState, width: int, height: int, horizon: float) -> "NDArray[np.float32]":
    """float32 (H, W, 3). Painted at a sixth of the size and enlarged: that is what makes it look out of focus."""
    rows, columns = height // 6 + 2, width // 6 + 2
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    level = horizon / 6
    indoors = random.random_sample() < 0.4
    far, ground = _pick(random, _WALLS if indoors else _SKIES), _pick(random, _GROUNDS)
    small = np.empty((rows, columns, 3), dtype=np.float32)
    small[:] = far * (np.float32(1.08) - np.float32(0.28) * y / np.float32(rows))[:, :, None]
    if indoors:
        _wall_furniture(random, small, level)
    else:
        _skyline(random, small, level)
    floor = ground * (np.float32(0.75) + np.float32(0.4) * (y - np.float32(level)) / np.float32(rows))[:, :, None]
    small = np.where((y > level)[:, :, None], floor, small)
    cloudy = smooth_noise(random, rows, columns, 9.0) + smooth_noise(random, rows, columns, 3.0) * np.float32(0.5)
    small *= (np.float32(0.86) + np.float32(0.19) * cloudy)[:, :, None]
    if not indoors and far.sum() < 1.0:
        _lamps(random, small, level)
    canvas = enlarge(small.astype(np.float32), height, width)
    grain = smooth_noise(random, height, width, 2.0)
    below = (np.arange(height) > horizon)[:, None]
    canvas *= (1 + (grain - np.float32(0.5)) * np.where(below, np.float32(0.16), np.float32(0.05)))[:, :, None]
    return canvas


def _skyline(random: np.random.RandomState, small: "NDArray[np.float32]", level: float) -> None:
    rows, columns = small.shape[:2]
    left = 0
    trees = random.random_sample() < 0.5
    while left < columns:
        span = _integer(random, 5, 14)
        top = max(int(level - level * _between(random, 0.12, 0.75)), 0)
        colour = _pick(random, _GROUNDS if not trees else ((0.22, 0.33, 0.17), (0.30, 0.38, 0.20), (0.18, 0.26, 0.17)))
        block = small[top : int(level) + 1, left : left + span]
        block[:] = colour * np.float32(_between(random, 0.7, 1.25))
        if not trees:
            block[1::3, 1::3] *= np.float32(_between(random, 0.6, 1.7))
        else:
            block *= (np.float32(0.7) + np.float32(0.6) * random.random_sample(block.shape[:2]).astype(np.float32))[:, :, None]
        left += span


def _wall_furniture(random: np.random.RandomState, small: "NDArray[np.float32]", level: float) -> None:
    columns = small.shape[1]
    for _ in range(_integer(random, 1, 4)):
        left, span = _integer(random, -3, columns), _integer(random, 6, 18)
        top, bottom = int(level * _between(random, 0.0, 0.5)), int(level * _between(random, 0.55, 1.0))
        colour = _pick(random, _SKIES[:4] + _GROUNDS)
        frame = small[top:bottom, max(left, 0) : max(left + span, 0)]
        frame[:] = colour * np.float32(0.55)
        frame[1:-1, 1:-1] = colour * np.float32(_between(random, 0.9, 1.2))


def _lamps(random: np.random.RandomState, small: "NDArray[np.float32]", level: float) -> None:
    y, x = np.mgrid[0 : small.shape[0], 0 : small.shape[1]].astype(np.float32)
    for _ in range(_integer(random, 8, 20)):
        centre_x, centre_y = _between(random, 0, small.shape[1]), _between(random, 0, level)
        radius = _between(random, 1.0, 3.0)
        glow = np.clip(radius + 0.5 - np.sqrt((x - centre_x) ** 2 + (y - centre_y) ** 2), 0, 1).astype(np.float32)
        small += glow[:, :, None] * _pick(random, ((0.7, 0.5, 0.2), (0.6, 0.55, 0.45), (0.2, 0.4, 0.6), (0.6, 0.2, 0.2)))


def _window(shape: Tuple[int, ...], box: Tuple[float, float, float, float], margin: int) -> Tuple[slice, slice]:
    left, top, right, bottom = box
    rows = slice(max(int(top) - margin, 0), max(min(int(bottom) + margin + 1, shape[0]), 0))
    return rows, slice(max(int(left) - margin, 0), max(min(int(right) + margin + 1, shape[1]), 0))


def _grid(window: Tuple[slice, slice]) -> Tuple["NDArray[np.float32]", "NDArray[np.float32]"]:
    rows, columns = window
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
    return np.arange(columns.start, columns.stop, dtype=np.float32)[None, :], y


def _shadow(canvas: "NDArray[np.float32]", x: float, ground: float, size: float, light: Tuple[float, float]) -> None:
    across, down = size * 0.26, size * 0.045
    middle = x - light[0] * size * 0.08
    window = _window(canvas.shape, (middle - across, ground - down, middle + across, ground + down), 1)
    grid_x, grid_y = _grid(window)
    squared = ((grid_x - np.float32(middle)) / np.float32(across)) ** 2 + (
        (grid_y - np.float32(ground)) / np.float32(down)
    ) ** 2
    canvas[window] *= (1 - np.float32(0.5) * np.clip(1 - squared, 0, 1))[:, :, None]


def _paint(
    canvas: "NDArray[np.float32]", parts: Sequence[Part], texture: "NDArray[np.float32]", light: Tuple[float, float]
) -> "NDArray[np.uint8]":
    """Paint a person over the canvas; returns their labels, uint8 (H, W), as if nobody stood in front."""
    labels = np.zeros(canvas.shape[:2], dtype=np.uint8)
    for part in parts:
        window = _window(canvas.shape, part.shape.bounds(), 2)
        if window[0].stop - window[0].start < 2 or window[1].stop - window[1].start < 2:
            continue
        x, y = _grid(window)
        distance = part.shape.distance(x, y)
        cover = np.clip(np.float32(0.5) - distance, 0, 1)
        surface = _surface(part, x, y, texture[window]) * _shading(part.shape, distance, light)[:, :, None]
        canvas[window] += cover[:, :, None] * (surface - canvas[window])
        labels[window][distance < 0] = part.label
    return labels


def _shading(shape: Shape, distance: "NDArray[np.float32]", light: Tuple[float, float]) -> "NDArray[np.float32]":
    """Brightness of a rounded surface: full in the middle, darker to the edge, more so on the side away from the light."""
    inside = np.clip(-distance / np.float32(max(shape.thickness, 1.0)), 0, 1)
    relief = np.sqrt(inside * (2 - inside))
    slope_y, slope_x = np.gradient(distance)
    lit = slope_x * np.float32(light[0]) + slope_y * np.float32(light[1])
    result: NDArray[np.float32] = (np.float32(0.66) + np.float32(0.36) * relief + np.float32(0.26) * lit * (1 - relief)).astype(
        np.float32
    )
    return result


def _surface(
    part: Part, x: "NDArray[np.float32]", y: "NDArray[np.float32]", texture: "NDArray[np.float32]"
) -> "NDArray[np.float32]":
    colour, accent = np.array(part.colour, dtype=np.float32), np.array(part.accent, dtype=np.float32)
    folds = np.float32(0.9) + np.float32(0.2) * texture
    if part.pattern == "strands":
        folds = np.float32(0.75) + np.float32(0.5) * texture
    surface: NDArray[np.float32] = (colour * folds[:, :, None]).astype(np.float32)
    if part.pattern == "stripes":
        chosen = (y % 9 < 4) & (x > -1e9)
    elif part.pattern == "checks":
        chosen = ((x + y * np.float32(0.2)) % 11 < 3) | (y % 11 < 3)
    elif part.pattern == "dots":
        chosen = (x % 8 - 4) ** 2 + (y % 8 - 4) ** 2 < 4
    else:
        return surface
    surface[chosen] += np.float32(0.7) * (accent * folds[chosen][:, None] - surface[chosen])
    return surface


def _develop(random: np.random.RandomState, canvas: "NDArray[np.float32]") -> "NDArray[np.uint8]":
    """Exposure, tint, dark corners and film grain; then bytes."""
    height, width = canvas.shape[:2]
    y = np.linspace(-1, 1, height).astype(np.float32)[:, None]
    x = np.linspace(-1, 1, width).astype(np.float32)[None, :]
    corners = 1 - np.float32(_between(random, 0.05, 0.22)) * (x * x + y * y) / 2
    glow = 1 + np.float32(_between(random, -0.12, 0.12)) * x + np.float32(_between(random, -0.06, 0.06)) * y
    tint = np.array([_between(random, 0.95, 1.05) for _ in range(3)], dtype=np.float32) * np.float32(
        _between(random, 0.88, 1.10)
    )
    grain = (random.random_sample((height, width)) - 0.5).astype(np.float32) * np.float32(_between(random, 0.01, 0.045))
    exposed = canvas * (corners * glow)[:, :, None] * tint + grain[:, :, None]
    result: NDArray[np.uint8] = np.clip(exposed * 255 + np.float32(0.5), 0, 255).astype(np.uint8)
    return result


def _visible(layers: Sequence["NDArray[np.uint8]"]) -> Tuple["NDArray[np.uint8]", ...]:
    """What is seen of each person, front to back, plus a rim of what is hidden."""
    masks = []
    hidden = np.zeros(layers[0].shape, dtype=np.bool_)
    for labels in reversed(layers):
        seen = labels.copy()
        seen[hidden] = 0
        masks.append(seen)
        hidden |= _shrunk(labels > 0)
    return tuple(mask for mask in masks if np.count_nonzero(mask) >= 60)


def _shrunk(area: "NDArray[np.bool_]") -> "NDArray[np.bool_]":
    for _ in range(RIM):
        inner = area.copy()
        inner[1:] &= area[:-1]
        inner[:-1] &= area[1:]
        inner[:, 1:] &= area[:, :-1]
        inner[:, :-1] &= area[:, 1:]
        area = inner
    return area
