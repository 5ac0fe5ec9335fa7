"""Rows: what the history costs, against watching without it, and what going back costs, against the bare loop."""

from functools import partial
from typing import Iterator

from bench import loops
from bench.contenders import bare, watched
from bench.rows import COST, Row, iteration, summary
from bench.settings import Settings
from bench.timing import AGAIN, BARE, Contender, Pace, Progress, interleave, ratios

EVERY = 10


def snapshots(settings: Settings, progress: Progress) -> Iterator[Row]:
    """Blocks of as many iterations as lie between two snapshots, so that each has one."""
    loop = loops.pspnet(settings.backbone, settings.crop)
    what = "PSPNet, crop %d" % settings.crop
    without, with_, back = "no history", "history", "history and a snapshot every %d iterations" % EVERY
    found = {
        BARE: Contender(partial(bare, loop)),
        without: Contender(partial(watched, loop, history=0)),
        with_: Contender(partial(watched, loop)),
        back: Contender(partial(watched, loop, snapshot_every=EVERY, history=EVERY, history_memory=8192)),
        AGAIN: Contender(partial(bare, loop)),
    }
    pace = Pace(settings.several(12, 2), warm=3, measured=EVERY)
    seconds = interleave(found, pace, progress)
    base = iteration(seconds[BARE])
    for name in (without, with_, back):
        yield summary("snapshots", COST, "%s: watched, %s / bare" % (what, name), ratios(seconds, name), base=base)
