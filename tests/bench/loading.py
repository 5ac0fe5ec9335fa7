"""Rows: batches that are ready for the network, against GluonCV's dataset in Gluon's DataLoader on the same files."""

import tempfile
from pathlib import Path
from typing import Any, Callable, Iterator

from bench.rows import COST, Row, summary
from bench.settings import Settings
from bench.timing import Progress, seconds_of
from nanhunt.data.loader import BatchLoader
from nanhunt.data.recipe import Recipe
from nanhunt.data.source import Source
from nanhunt.data.synthetic.folder import generate

BATCH, BASE, CROP = 4, 520, 480
WORKERS = (0, 2)


def loading(settings: Settings, progress: Progress) -> Iterator[Row]:
    """Whole epochs in turn, augmentation, stacking and the copy to NDArrays included. GluonCV's workers are processes."""
    times = settings.several(9, 3)
    with tempfile.TemporaryDirectory() as folder:
        root = generate(Path(folder) / "scenes", 32 if settings.quick else 96)
        for place, workers in enumerate(WORKERS):
            both = [_gluoncv(root, workers), _ours(root, workers)]
            found = []
            for number in range(times):
                taken = [seconds_of(each) for each in both] if number % 2 else [seconds_of(each) for each in both[::-1]][::-1]
                found.append(taken[0] / taken[1])
                progress(place * times + number + 1, times * len(WORKERS))
            what = "loader, batches a second / GluonCV's, %d workers" % workers
            yield summary("loader", COST, what, found, limit=1.0, at_least=True)


def _ours(root: Path, workers: int) -> Callable[[], Any]:
    import mxnet as mx

    recipe = Recipe(Source("mhp", root), base_size=BASE, crop_size=CROP)
    loader = BatchLoader(recipe.dataset(), recipe.transform(), BATCH, workers=workers)
    epochs = iter(range(10**6))

    def run() -> None:
        for batch in loader.epoch(next(epochs)):
            mx.nd.array(batch.data, dtype="float32").wait_to_read()
            mx.nd.array(batch.label, dtype="int32").wait_to_read()

    return run


def _gluoncv(root: Path, workers: int) -> Callable[[], Any]:
    from gluoncv.data.mhp import MHPV1Segmentation
    from mxnet import gluon
    from mxnet.gluon.data.vision import transforms

    normalise = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    dataset = MHPV1Segmentation(str(root), "train", "train", normalise, base_size=BASE, crop_size=CROP)
    loader = gluon.data.DataLoader(dataset, BATCH, shuffle=True, last_batch="rollover", num_workers=workers)

    def run() -> None:
        for data, label in loader:
            data.wait_to_read()
            label.wait_to_read()

    return run
