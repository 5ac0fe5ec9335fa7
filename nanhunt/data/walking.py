"""Look at the samples of a dataset in parts: in this process, in several, or on a Dask cluster."""

import gc
import os
import signal
import time
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from threading import Thread
from typing import Deque, Iterator, List, Optional, Sequence

from PIL import Image

from nanhunt.data.checks import Check, Problem, Settings, Summary
from nanhunt.data.crops import Cropper
from nanhunt.data.facts import Gatherer
from nanhunt.data.index import DatasetIndex
from nanhunt.data.recipe import Recipe
from nanhunt.errors import NanhuntError
from nanhunt.machine import keep_freed_memory

CHUNK = 24
"""Samples that a process takes at a time, at most: a few hundredths of a second, so that Ctrl-C is answered at once."""

LOOK_UP = 1.0
"""Seconds after which a worker whose parent was killed ends too, at most."""

AHEAD = 3
"""Parts handed out ahead, for each process: enough to keep all busy, few enough to stop at once."""


@dataclass(frozen=True)
class Job:
    """All that looking at a sample needs; sent to where the files are read.

    Attributes:
        recipe: how samples are read and transformed for training; None where that is not to be tried.
    """

    index: DatasetIndex
    settings: Settings
    checks: Sequence[Check]
    recipe: Optional[Recipe] = None


@dataclass
class Part:
    """What was found in some samples."""

    samples: int = 0
    masks: int = 0
    problems: List[Problem] = field(default_factory=list)
    summary: Summary = field(default_factory=Summary)


class Looker:
    """Looks at samples of one job."""

    def __init__(self, job: Job) -> None:
        self.job = job
        cropper = None
        if job.recipe is not None:
            dataset = job.recipe.over(job.index, require_files=False)
            cropper = Cropper(dataset, job.recipe.transform(), job.settings.augment, job.settings.seed)
        self.gatherer = Gatherer(job.index, cropper)
        self._checks = [check for check in job.checks if type(check).sample is not Check.sample]

    def look(self, positions: Sequence[int]) -> Part:
        """Decode the files of some entries and put them before every check."""
        part = Part(len(positions))
        gathered = self.gatherer.gather(positions)
        part.summary.add(gathered)  # after all decoding: what runs by turns with it costs twice as much
        for facts in gathered:
            part.masks += len(facts.masks)
            for check in self._checks:
                part.problems.extend(check.sample(facts, self.job.settings))
        return part


def chunks(length: int, size: int, jobs: int = 0) -> List[range]:
    """The positions of a split in order, `size` at a time.

    Args:
        jobs: fewer and fewer at the end, so that so many processes come to it together.
    """
    found: List[range] = []
    first = 0
    while first < length:
        taken = min(size, length - first)
        if jobs:
            taken = min(taken, -(-(length - first) // (2 * jobs)))
        found.append(range(first, first + taken))
        first += taken
    return found


def walk(job: Job, jobs: int) -> Iterator[Part]:
    """Parts in the order of the split, looked at by `jobs` processes; one is this process.

    Raises:
        NanhuntError: a process came to a sudden end.
    """
    if jobs == 1 or len(job.index) <= CHUNK:
        looker = Looker(job)
        return (looker.look(positions) for positions in chunks(len(job.index), CHUNK))
    parts = chunks(len(job.index), CHUNK, jobs)
    return _in_processes(job, parts, min(jobs, len(parts)))


def _in_processes(job: Job, parts: Sequence[range], jobs: int) -> Iterator[Part]:
    Image.init()  # all of Pillow's formats, before the processes fork
    gc.freeze()  # their collectors leave alone what they share with this one, and so do not copy it
    executor = ProcessPoolExecutor(jobs, initializer=_start, initargs=(job, os.getpid()))
    ahead: Deque[Future[Part]] = deque()
    waiting = iter(parts)
    try:
        while True:
            for positions in waiting:
                ahead.append(executor.submit(_look, positions))
                if len(ahead) >= jobs * AHEAD:
                    break
            if not ahead:
                return
            yield ahead.popleft().result()
    except BrokenProcessPool as error:
        raise NanhuntError(
            "Expected every process to come to its end, found one that was killed (out of memory, or a decoder that crashed); "
            "try --jobs 1."
        ) from error
    finally:
        for future in ahead:
            future.cancel()
        executor.shutdown(wait=True)
        gc.unfreeze()


_looker: Optional[Looker] = None
"""Of a worker process."""


def _start(job: Job, parent: int) -> None:
    global _looker
    Thread(target=_end_with, args=(parent,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to every process of the terminal: the first one answers
    keep_freed_memory()
    _looker = Looker(job)


def _end_with(parent: int) -> None:
    """A worker whose parent was killed would wait for it, and hold its pipes open, for ever."""
    while os.getppid() == parent:
        time.sleep(LOOK_UP)
    os._exit(1)


def _look(positions: Sequence[int]) -> Part:
    assert _looker is not None
    return _looker.look(positions)
