"""Rows: an iteration of a real network, watched and with what people use instead, against the bare one."""

from typing import Iterator

from bench import loops
from bench.contenders import ISFINITE, SMDEBUG, SUM, WATCHED, contenders, without_smdebug
from bench.rows import INSTEAD, NOISE, Row, iteration, missing, summary
from bench.rows import WATCHED as WATCHED_ROWS
from bench.settings import Settings
from bench.timing import BARE, Pace, Progress, interleave, noise, ratios

LARGE_CROP = 480
"""In pixels: the smaller one of those in the training on Multi-Human Parsing that this began with."""


def psp(settings: Settings, progress: Progress) -> Iterator[Row]:
    loop = loops.pspnet(settings.backbone, settings.crop)
    what = "PSPNet-%s, crop %d, batch 1" % (_named(settings.backbone), settings.crop)
    pace = Pace(settings.several(30, 4), measured=1 if settings.quick else 2)
    return _rows("psp", loop, what, pace, progress, 1.01, instead=True, every=2 if settings.quick else 3)


def icnet(settings: Settings, progress: Progress) -> Iterator[Row]:
    return _icnet("icnet", settings, settings.icnet_crop, Pace(settings.several(40, 6)), progress)


def icnet_large(settings: Settings, progress: Progress) -> Iterator[Row]:
    return _icnet("icnet-large", settings, LARGE_CROP, Pace(settings.several(12, 6)), progress)


def _icnet(bench: str, settings: Settings, crop: int, pace: Pace, progress: Progress) -> Iterator[Row]:
    what = "ICNet-%s, crop %d, batch 1" % (_named(settings.backbone), crop)
    return _rows(bench, loops.icnet(settings.backbone, crop), what, pace, progress, 1.01)


def lenet(settings: Settings, progress: Progress) -> Iterator[Row]:
    what = "LeNet, 28x28, batch 64, imperative"
    pace = Pace(settings.several(60, 12), warm=5, measured=10)
    return _rows("lenet", loops.lenet(False), what, pace, progress, 1.03, instead=True, every=3)


def lenet_hybrid(settings: Settings, progress: Progress) -> Iterator[Row]:
    """Without the hooks: inside a hybridized network they do not fire."""
    pace = Pace(settings.several(60, 12), warm=5, measured=10)
    return _rows("lenet-hybrid", loops.lenet(True), "LeNet, 28x28, batch 64, hybridized", pace, progress, 1.03)


def _rows(
    bench: str,
    loop: loops.Loop,
    what: str,
    pace: Pace,
    progress: Progress,
    limit: float,
    instead: bool = False,
    every: int = 1,
) -> Iterator[Row]:
    seconds = interleave(contenders(loop, instead, every), pace, progress)
    base = iteration(seconds[BARE])
    yield summary(bench, WATCHED_ROWS, what, ratios(seconds, WATCHED), limit=limit, base=base)
    short = what.split(",")[0]
    for name in (ISFINITE, SUM, SMDEBUG):
        if name in seconds:
            yield summary(bench, INSTEAD, "%s: %s" % (short, name), ratios(seconds, name), base=base)
        elif instead and name == SMDEBUG:
            yield missing(bench, INSTEAD, "%s: %s" % (short, name), without_smdebug() or "")
    yield summary(bench, NOISE, what, noise(seconds), base=base)


def _named(backbone: str) -> str:
    return backbone.replace("resnet", "ResNet")
