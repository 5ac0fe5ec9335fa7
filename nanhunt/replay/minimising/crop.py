"""The smallest crop of every picture and its label map: halved towards the bad pixel while the producer stays the same."""

from dataclasses import replace
from typing import Iterator, Optional, Tuple

from nanhunt.replay.minimising.base import Box, Pass, Reduced, Step, Target
from nanhunt.replay.minimising.samples import OWN_STATISTICS
from nanhunt.replay.minimising.statistics import frozen, over_the_batch


class Crop(Pass):
    """The last two axes of the arrays (batch, channels, height, width) and (batch, height, width) of the pictures' size."""

    what = "crop"

    def shrink(self, target: Target, reduced: Reduced) -> Tuple[Reduced, Step]:
        runs, size = target.tried, target.size

        def row(found: Reduced, note: str = "") -> Tuple[Reduced, Step]:
            shown = "%dx%d" % size if size is not None else "-"
            if found.box is None:
                return found, Step(self.what, shown, shown, target.tried - runs, note)
            top, bottom, left, right = found.box
            note = note or "rows %d to %d, columns %d to %d" % (top, bottom - 1, left, right - 1)
            return found, Step(self.what, shown, "%dx%d" % (bottom - top, right - left), target.tried - runs, note)

        if size is None:
            return row(reduced, "the iteration has no pictures")
        if over_the_batch(target.node):
            return row(reduced, OWN_STATISTICS)
        still = frozen(target, reduced)
        if still is None:
            return row(reduced, "with the statistics of the batch frozen as recorded it does not show any more")
        pixel, box = _pixel(target, size), (0, size[0], 0, size[1])
        smaller: Optional[Box] = box
        while smaller is not None and not target.exhausted:
            box = smaller
            smaller = next((each for each in _halves(box, pixel) if target.shows(replace(still, box=each))), None)
        if box == (0, size[0], 0, size[1]):
            return row(reduced, "no smaller one shows it, or the graph holds the size")
        return row(replace(still, box=box))


def _pixel(target: Target, size: Tuple[int, int]) -> Optional[Tuple[int, int]]:
    """The pixel of the picture that the producer's bad element stands over."""
    shape, index = target.origin.producer.shape, target.origin.producer.index
    if len(shape) not in (3, 4) or len(index) != len(shape) or shape[0] != target.batch:
        return None
    return tuple((2 * at + 1) * whole // (2 * n) for at, n, whole in zip(index[-2:], shape[-2:], size))  # type: ignore[return-value]


def _halves(box: Box, pixel: Optional[Tuple[int, int]]) -> Iterator[Box]:
    """Smaller boxes: both sides halved, then either; around the pixel, then elsewhere, as what it sees may lie beside it."""
    top, bottom, left, right = box
    height, width = bottom - top, right - left
    sizes = ((-(-height // 2), -(-width // 2)), (-(-height // 2), width), (height, -(-width // 2)))
    seen = {box}
    for h, w in sizes:
        places = [(y, x) for y in (top, bottom - h) for x in (left, right - w)]
        places.append(((top + bottom - h) // 2, (left + right - w) // 2))
        if pixel is not None:
            y = min(max(pixel[0] - h // 2, top), bottom - h)
            x = min(max(pixel[1] - w // 2, left), right - w)
            places.insert(0, (y, x))
        for y, x in places:
            found = (y, y + h, x, x + w)
            if found not in seen:
                seen.add(found)
                yield found
