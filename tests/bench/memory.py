"""Rows: peak resident memory of processes that train watched, or write a dump, against those that do not."""

import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import asdict
from typing import Iterator, List, Tuple

import numpy as np

from bench.rows import COST, Row, summary
from bench.settings import Settings
from bench.timing import Progress

ITERATIONS = 6
"""In each process: the allocators' pools have stopped growing well before."""


def memory(settings: Settings, progress: Progress) -> Iterator[Row]:
    found = _pairs(settings, ("bare", "watched", "bare"), settings.several(7, 1), progress)
    bare = (found[:, 0] + found[:, 2]) / 2
    yield summary("memory", COST, "peak memory, watched / bare", found[:, 1] / bare, limit=1.02, base=_megabytes(bare))
    yield summary("memory", COST, "peak memory, bare / bare (noise)", found[:, 2] / found[:, 0])


def dump_memory(settings: Settings, progress: Progress) -> Iterator[Row]:
    """PSPNet with momentum: parameters, momentum and running statistics go into the file one array at a time."""
    found = _pairs(settings, ("watched", "dumped", "explained"), settings.several(5, 1), progress)
    what = "peak memory, a dump written / none, with momentum"
    yield summary("dump-memory", COST, what, found[:, 1] / found[:, 0], limit=2.0, base=_megabytes(found[:, 0]))
    what = "peak memory, a dump written and explained / none"
    yield summary("dump-memory", COST, what, found[:, 2] / found[:, 0], base=_megabytes(found[:, 0]))


def _pairs(settings: Settings, modes: Tuple[str, ...], repeats: int, progress: Progress) -> np.ndarray:
    found: List[List[float]] = []
    for number in range(repeats):
        row = []
        for place, mode in enumerate(modes):
            row.append(_peak_of(mode, settings))
            progress(number * len(modes) + place + 1, repeats * len(modes))
        found.append(row)
    return np.array(found)


def _megabytes(kilobytes: np.ndarray) -> str:
    return "%.0f MB" % (np.median(kilobytes) * 1024 / 1e6)


def _peak_of(mode: str, settings: Settings) -> float:
    """The peak of a process of its own, in kilobytes."""
    call = [sys.executable, "-m", "bench.memory", mode, json.dumps(asdict(settings))]
    done = subprocess.run(call, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout.split()[-1])


def peak() -> float:
    """Kilobytes of this process. Not `ru_maxrss`, which keeps across exec the peak of the process that it was forked from."""
    try:
        with open("/proc/self/status") as lines:
            return float(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    except (OSError, StopIteration):
        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _train(mode: str, settings: Settings) -> None:
    from mxnet import nd

    import nanhunt
    from bench import loops

    loop = loops.pspnet(settings.backbone, settings.crop)
    data, label = loop.batches[0]
    if mode == "bare":
        for _ in range(ITERATIONS):
            loop.step()
        return
    with tempfile.TemporaryDirectory() as folder:
        with nanhunt.watch(
            loop.net, loop.trainer, dump_dir=folder, on_nonfinite="skip", explain=mode in ("watched", "explained")
        ) as hunt:
            for _ in range(ITERATIONS):
                loop.step()
            if mode != "watched":
                loop.batches = [(nd.full(data.shape, np.nan), label)]
                loop.step()
                if len(hunt.dumps) != 1:
                    raise RuntimeError("expected one dump, found %d" % len(hunt.dumps))


if __name__ == "__main__":
    _train(sys.argv[1], Settings(**json.loads(sys.argv[2])))
    print(peak())
    sys.stdout.flush()
    os._exit(0)  # MXNet takes seconds to come down, and sometimes does not
