"""How many runs this machine carries at a time, with how many threads each."""

import os
from pathlib import Path
from typing import NamedTuple, Optional, Sequence

from nanhunt.machine import cores
from nanhunt.sweep.plan import Run
from nanhunt.train.options import TrainOptions

FIXED = 0.8e9
PER_PIXEL = 30e3
"""Bytes that a run takes, and bytes more for each pixel of a batch's crops: PSPNet-ResNet50 at crop 240 took 2.0 GB, and an
explanation two thirds more. An estimate; smaller networks take less."""


class Capacity(NamedTuple):
    """Runs at a time, OMP_NUM_THREADS of each."""

    jobs: int
    threads: int


def capacity(runs: Sequence[Run], jobs: Optional[int], threads: Optional[int]) -> Capacity:
    """What to take where `jobs` or `threads` is not given: the cores shared out, as far as memory goes.

    One run at a time where there is a GPU, unless all of them are kept off it.
    """
    most = cores()
    if threads is None and os.environ.get("OMP_NUM_THREADS", "").isdigit():
        threads = int(os.environ["OMP_NUM_THREADS"])
    if jobs is None:
        jobs = max(1, min(len(runs), most // (threads or 1), int(available_memory() / max(map(memory, runs), default=FIXED))))
        if Path("/dev/nvidia0").exists() and not all(each.options.get("device") == "cpu" for each in runs):
            jobs = 1
    return Capacity(jobs, threads or max(1, most // jobs))


def memory(run: Run) -> float:
    """Bytes that a run is estimated to take."""
    crop = int(run.options.get("crop-size", TrainOptions.crop_size))
    return FIXED + PER_PIXEL * int(run.options.get("batch-size", TrainOptions.batch_size)) * crop**2


def available_memory() -> float:
    """Bytes that are free, or can be made so."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))) * 1024
    except (OSError, StopIteration, ValueError):
        return float("inf")
