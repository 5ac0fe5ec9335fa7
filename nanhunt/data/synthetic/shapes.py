"""Shapes as signed distances in pixels, negative inside: the same on every platform, unlike any library's rasteriser."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Tuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Point = Tuple[float, float]
"""x to the right, y downwards, in pixels."""

Box = Tuple[float, float, float, float]
"""left, top, right, bottom."""


class Shape:
    """A filled area of the plane."""

    thickness: float
    """Pixels from the edge to the middle: how round the shape is shaded."""

    def distance(self, x: "NDArray[np.float32]", y: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """float32 signed distance of the points (x, y) to the edge."""
        raise NotImplementedError

    def bounds(self) -> Box:
        """A box that holds the shape."""
        raise NotImplementedError


@dataclass(frozen=True)
class Limb(Shape):
    """A line from `start` to `end` with a round pen whose radius goes from `start_radius` to `end_radius`."""

    start: Point
    end: Point
    start_radius: float
    end_radius: float

    @property
    def thickness(self) -> float:  # type: ignore[override]
        return max(self.start_radius, self.end_radius)

    def distance(self, x: "NDArray[np.float32]", y: "NDArray[np.float32]") -> "NDArray[np.float32]":
        along_x, along_y = self.end[0] - self.start[0], self.end[1] - self.start[1]
        squared = along_x * along_x + along_y * along_y or 1.0
        from_x, from_y = x - np.float32(self.start[0]), y - np.float32(self.start[1])
        share = np.clip((from_x * np.float32(along_x) + from_y * np.float32(along_y)) / np.float32(squared), 0, 1)
        off_x, off_y = from_x - share * np.float32(along_x), from_y - share * np.float32(along_y)
        radius = np.float32(self.start_radius) + share * np.float32(self.end_radius - self.start_radius)
        result: NDArray[np.float32] = np.sqrt(off_x * off_x + off_y * off_y) - radius
        return result

    def bounds(self) -> Box:
        reach = self.thickness
        (x0, y0), (x1, y1) = self.start, self.end
        return min(x0, x1) - reach, min(y0, y1) - reach, max(x0, x1) + reach, max(y0, y1) + reach


@dataclass(frozen=True)
class Ellipse(Shape):
    """An upright ellipse; the distance is exact on its edge and near enough beside it."""

    centre: Point
    radius_x: float
    radius_y: float

    @property
    def thickness(self) -> float:  # type: ignore[override]
        return min(self.radius_x, self.radius_y)

    def distance(self, x: "NDArray[np.float32]", y: "NDArray[np.float32]") -> "NDArray[np.float32]":
        across = (x - np.float32(self.centre[0])) / np.float32(self.radius_x)
        down = (y - np.float32(self.centre[1])) / np.float32(self.radius_y)
        result: NDArray[np.float32] = (np.sqrt(across * across + down * down) - np.float32(1)) * np.float32(self.thickness)
        return result

    def bounds(self) -> Box:
        (x, y), across, down = self.centre, self.radius_x, self.radius_y
        return x - across, y - down, x + across, y + down


@dataclass(frozen=True)
class Polygon(Shape):
    """A convex polygon, corners clockwise on the screen, grown by `rounding` pixels with round corners cut flat."""

    corners: Tuple[Point, ...]
    rounding: float = 0.0

    @property
    def thickness(self) -> float:  # type: ignore[override]
        left, top, right, bottom = self.bounds()
        return min(right - left, bottom - top) / 2

    def distance(self, x: "NDArray[np.float32]", y: "NDArray[np.float32]") -> "NDArray[np.float32]":
        farthest = np.full(np.broadcast(x, y).shape, -1e9, dtype=np.float32)
        for (x0, y0), (x1, y1) in zip(self.corners, self.corners[1:] + self.corners[:1]):
            edge_x, edge_y = x1 - x0, y1 - y0
            length = (edge_x * edge_x + edge_y * edge_y) ** 0.5 or 1.0
            side = (x - np.float32(x0)) * np.float32(edge_y / length) - (y - np.float32(y0)) * np.float32(edge_x / length)
            farthest = np.maximum(farthest, side)
        return farthest - np.float32(self.rounding)

    def bounds(self) -> Box:
        xs, ys = [x for x, _ in self.corners], [y for _, y in self.corners]
        return min(xs) - self.rounding, min(ys) - self.rounding, max(xs) + self.rounding, max(ys) + self.rounding


@dataclass(frozen=True)
class Above(Shape):
    """The part of a shape that lies above the line y = `level`."""

    shape: Shape
    level: float

    @property
    def thickness(self) -> float:  # type: ignore[override]
        return self.shape.thickness

    def distance(self, x: "NDArray[np.float32]", y: "NDArray[np.float32]") -> "NDArray[np.float32]":
        result: NDArray[np.float32] = np.maximum(self.shape.distance(x, y), y - np.float32(self.level))
        return result

    def bounds(self) -> Box:
        left, top, right, bottom = self.shape.bounds()
        return left, top, right, min(bottom, self.level)
