"""Rows: what a user waits for before anything is watched: the command line, and the dataset."""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Callable, Iterator, List
from unittest.mock import patch

from PIL import Image

from bench.rows import COST, Row, summary
from bench.settings import Settings
from bench.timing import Progress, order, seconds_of
from nanhunt.data import listing
from nanhunt.data.inspection import inspect
from nanhunt.data.mhp import index_mhp
from nanhunt.data.synthetic.folder import generate
from nanhunt.machine import cores

IMAGES, PERSONS = 5000, 3
SCENES, SCENES_QUICK = 1000, 200
HANDFUL = 24


def start(settings: Settings, progress: Progress) -> Iterator[Row]:
    """`nanhunt --help`, with a Python that has started before."""

    def call() -> None:
        subprocess.run([sys.executable, "-m", "nanhunt", "--help"], stdout=subprocess.DEVNULL, check=True)

    call()
    times = settings.several(15, 5)
    found = []
    for number in range(times):
        found.append(seconds_of(call))
        progress(number + 1, times)
    yield summary("help", COST, "nanhunt --help", found, limit=0.2, unit="s")


def index(settings: Settings, progress: Progress) -> Iterator[Row]:
    """Names alone count here, so the files are empty. GluonCV's loader lists the masks once an image: it is timed on a part."""
    times = settings.several(15, 5)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "mhp")
        _empty_files(root)
        what = "dataset index, %s images, %s masks" % (format(IMAGES, ","), format(IMAGES * PERSONS, ","))
        for place, (kept, words) in enumerate(((False, what), (True, what + ", listed by an earlier run"))):
            found = []
            for number in range(times):
                with _cache(Path(folder, "cache"), kept):
                    found.append(seconds_of(lambda: index_mhp(root, "all")))
                progress(place * times + number + 1, times * 2)
            yield summary("index", COST, words, found, limit=0.1, unit="s")
        yield from _gluoncv(root, IMAGES // 100 if settings.quick else IMAGES)


@contextmanager
def _cache(folder: Path, kept: bool) -> Iterator[None]:
    """An empty cache, or one that holds what a first listing leaves there."""
    shutil.rmtree(str(folder), ignore_errors=True)
    with patch.dict(os.environ, XDG_CACHE_HOME=str(folder)), patch.object(listing, "SETTLED", -1.0):
        if kept:
            index_mhp(folder.with_name("mhp"), "all")
        yield


def _empty_files(root: Path) -> None:
    for name in ("images", "annotations"):
        (root / name).mkdir(parents=True)
    names = ["%04d" % number for number in range(1, IMAGES + 1)]
    for name in names:
        (root / "images" / (name + ".jpg")).touch()
        for person in range(1, PERSONS + 1):
            (root / "annotations" / ("%s_%02d_%02d.png" % (name, PERSONS, person))).touch()
    (root / "train_list.txt").write_text("".join("%s.jpg\n" % name for name in names))


def _gluoncv(root: Path, entries: int) -> Iterator[Row]:
    """The time is in proportion to the entries of the list."""
    from gluoncv.data.mhp import _get_mhp_pairs

    names = (root / "train_list.txt").read_text().split()
    (root / "train_list.txt").write_text("".join("%s\n" % name for name in names[:entries]))
    taken = seconds_of(lambda: _get_mhp_pairs(str(root), "trainval")) * len(names) / entries
    what = "the same by GluonCV" + (", from %d of the images" % entries if entries < len(names) else "")
    yield summary("index", COST, what, [taken], unit="s")


def inspection(settings: Settings, progress: Progress) -> Iterator[Row]:
    """The same files decoded in turn, by as many threads and by as many processes: what is faster in a round counts.

    Scenes as they are drawn, with about three persons each, and the same at the size of photographs. LV-MHP has 5,000: with
    few, it counts what starting the processes takes.
    """
    times = settings.several(9, 3)
    kinds = (("scenes of 224 to 448 px", False), ("of 336 to 672 px", True))
    for place, (what, larger) in enumerate(kinds):
        with tempfile.TemporaryDirectory() as folder:
            root = generate(Path(folder) / "scenes", SCENES_QUICK if settings.quick else SCENES)
            files = [str(path) for name in ("images", "annotations") for path in sorted((root / name).iterdir())]
            for path in files if larger else ():
                _enlarge(path)
            calls = [partial(inspect, index_mhp(root, "all"))]
            calls += [partial(_decode, files, executor_of) for executor_of in (ThreadPoolExecutor, _processes)]
            found = []
            for number in range(times):
                taken = {turn: seconds_of(calls[turn]) for turn in order([0, 1, 2], number)}
                found.append(min(taken[1], taken[2]) / taken[0])
                progress(place * times + number + 1, len(kinds) * times)
        words = "inspect-data, images a second / plain Pillow decode on %d cores, %s" % (cores(), what)
        yield summary("inspect", COST, words, found, limit=0.9, at_least=True)


def _enlarge(path: str) -> None:
    """Half as large again, which is as large as photographs of LV-MHP are, at about their 1.3 to 1.9 bits a pixel."""
    with Image.open(path) as picture:
        size = picture.size[0] * 3 // 2, picture.size[1] * 3 // 2
        how = Image.Resampling.NEAREST if picture.mode in ("L", "P") else Image.Resampling.BICUBIC
        larger = picture.resize(size, how)
    larger.save(path, **({} if how == Image.Resampling.NEAREST else {"quality": 90}))


def _processes(jobs: int) -> Any:
    return ProcessPoolExecutor(jobs, mp_context=get_context("fork"))  # as inspection starts them


def _decode(files: List[str], executor_of: Callable[[int], Any]) -> None:
    """In handfuls: threads that take one file at a time spend a tenth of it waking one another."""
    with executor_of(cores()) as executor:
        for _ in executor.map(_decode_some, [files[first : first + HANDFUL] for first in range(0, len(files), HANDFUL)]):
            pass


def _decode_some(files: List[str]) -> None:
    for path in files:
        with Image.open(path) as picture:
            picture.load()
