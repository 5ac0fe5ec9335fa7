"""Rows: writing a dump against writing its bytes, and replay and trace against a bare iteration."""

import os
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Iterator, Tuple

import numpy as np
from mxnet import nd

import nanhunt
from bench import loops
from bench.contenders import bare
from bench.rows import COST, Row, iteration, summary
from bench.settings import Settings
from bench.timing import BARE, Contender, Pace, Progress, interleave, ratios, seconds_of
from nanhunt.backends.base import load
from nanhunt.dump.reader import DumpReader
from nanhunt.dump.writer import write
from nanhunt.replay.compare import run_and_compare
from nanhunt.replay.session import Session
from nanhunt.replay.trace import trace


def dump(settings: Settings, progress: Progress) -> Iterator[Row]:
    """The Record is in memory, and so are the bytes: what differs is the writing."""
    with tempfile.TemporaryDirectory() as folder:
        _, path = _hit(settings, Path(folder))
        with DumpReader(path) as reader:
            groups = {name: {key: arrays[key] for key in arrays} for name, arrays in reader.record.arrays().items()}
            record = replace(reader.record, **groups)
            content = path.read_bytes()
            found = []
            times = settings.several(15, 5)
            for number in range(times):
                copy, plain = path.with_name("copy%d.h5" % number), path.with_name("plain%d" % number)
                both = [
                    lambda copy=copy: write(record, copy),
                    lambda plain=plain: _plainly(plain, content),
                ]
                taken = [seconds_of(call) for call in both] if number % 2 else [seconds_of(call) for call in both[::-1]][::-1]
                found.append(taken[0] / taken[1])
                copy.unlink()
                plain.unlink()
                progress(number + 1, times)
    what = "write a dump (%d MB) / write its bytes, both with fsync" % round(len(content) / 1e6)
    yield summary("dump", COST, what, found, limit=1.5)


def replay(settings: Settings, progress: Progress) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        loop, path = _hit(settings, Path(folder))
        with DumpReader(path) as reader:
            session = Session(reader.record, load())
            contenders = {
                BARE: Contender(partial(bare, loop)),
                "replay": Contender(partial(_ready, partial(run_and_compare, session))),
                "trace": Contender(partial(_ready, partial(trace, session))),
            }
            seconds = interleave(contenders, Pace(settings.several(9, 3), warm=1, measured=1), progress)
    base = iteration(seconds[BARE])
    yield summary("replay", COST, "replay, every bit compared / bare iteration", ratios(seconds, "replay"), limit=3, base=base)
    yield summary(
        "replay", COST, "full trace, forward and backward / bare iteration", ratios(seconds, "trace"), limit=6, base=base
    )


class _ready:
    """A call as a contender that has nothing to switch on."""

    def __init__(self, call: Any) -> None:
        self.call = call

    def __enter__(self) -> Any:
        return self.call

    def __exit__(self, *_: Any) -> None:
        pass


def _hit(settings: Settings, folder: Path) -> Tuple[loops.Loop, Path]:
    """PSPNet with momentum, and the dump of an iteration with a NaN in one pixel of its image."""
    loop = loops.pspnet(settings.backbone, settings.crop)
    clean = loop.batches
    data, label = clean[0]
    bad = data.asnumpy()
    bad[0, 0, 0, 0] = np.nan
    with nanhunt.watch(loop.net, loop.trainer, dump_dir=folder, on_nonfinite="skip", explain=False) as hunt:
        loop.step()
        loop.batches = [(nd.array(bad), label)]
        loop.step()
    loop.batches = clean
    return loop, hunt.dumps[0]


def _plainly(path: Path, content: bytes) -> None:
    with open(str(path), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
