"""Rows: how the cost of watching grows with layers, with the size of a tensor, and with devices."""

import math
from typing import Iterable, Iterator, Tuple

from bench import loops
from bench.contenders import WATCHED, contenders
from bench.rows import SCALING, Row, iteration, summary
from bench.settings import Settings
from bench.timing import BARE, Progress, interleave, pace_of, ratios

CHANNELS, EDGE = 32, 56
"""100,352 elements an activation: small enough that a layer costs little and what is done once a layer shows."""

Point = Tuple[float, str, Tuple[int, int, int, int]]
"""Where on the axis, in words, and what `convolutions` takes."""


def layers(settings: Settings, progress: Progress) -> Iterator[Row]:
    points = [
        (n, "%d convolutions with BatchNorm and ReLU, 0.1 M elements each" % n, (n, CHANNELS, EDGE, 1)) for n in (8, 32, 128)
    ]
    return _curve("layers", "convolution blocks", points, settings.several(20, 4), progress)


def size(settings: Settings, progress: Progress) -> Iterator[Row]:
    points = []
    for millions in (0.1, 1, 10):
        edge = round(math.sqrt(millions * 1e6 / CHANNELS))
        points.append((millions, "4 blocks, %g M elements an activation" % millions, (4, CHANNELS, edge, 1)))
    return _curve("size", "million elements an activation", points, settings.several(12, 2), progress)


def contexts(settings: Settings, progress: Progress) -> Iterator[Row]:
    points = [(n, "8 blocks on %d CPU context%s" % (n, "s" * (n > 1)), (8, CHANNELS, EDGE, n)) for n in (1, 2, 4)]
    return _curve("contexts", "CPU contexts", points, settings.several(20, 4), progress)


def _curve(bench: str, axis: str, points: Iterable[Point], rounds: int, progress: Progress) -> Iterator[Row]:
    points = list(points)
    for number, (place, what, arguments) in enumerate(points):

        def on_progress(done: int, of: int, number: int = number) -> None:
            progress(number * of + done, len(points) * of)

        loop = loops.convolutions(*arguments)
        seconds = interleave(contenders(loop, instead=False), pace_of(loop.step, rounds), on_progress)
        base = iteration(seconds[BARE])
        yield summary(bench, SCALING, what, ratios(seconds, WATCHED), curve=axis, place=place, base=base)
