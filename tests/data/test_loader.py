"""Batches: the same for any number of workers and from any starting point, and no thread left behind."""

import threading
from pathlib import Path

import numpy as np
import pytest
from damage import cut_short

from nanhunt.data.datasets import open_dataset
from nanhunt.data.loader import BatchLoader
from nanhunt.data.samples import RawSample, SegmentationDataset
from nanhunt.data.transform import TrainTransform, ValTransform
from nanhunt.errors import DataError, UsageError


class Counted(SegmentationDataset):
    """Samples that say which one they are; no files."""

    name = "counted"
    classes = ("background", "thing")
    root = Path("/counted")

    def __init__(self, count):
        self.count = count
        self.reads = 0

    def __len__(self):
        return self.count

    def image_path(self, index):
        return self.root / "images" / f"{index}.jpg"

    def read(self, index):
        self.reads += 1
        label = np.full((8, 8), index, np.int32)
        return RawSample(np.zeros((8, 8, 3), np.uint8), label, index, self.image_path(index), ())


def loader(count, batch_size, **options):
    return BatchLoader(Counted(count), ValTransform(8, 8), batch_size, **options)


def indices(batches):
    return [[sample.index for sample in batch.samples] for batch in batches]


def same(one, other):
    return (one.data == other.data).all() and (one.label == other.label).all() and one.samples == other.samples


def loader_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("nanhunt-loader")]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_any_number_of_workers_gives_the_same_batches(whole, workers):
    dataset = open_dataset("mhp", whole, "all")
    alone = BatchLoader(dataset, TrainTransform(64, 48), 3, seed=4)
    threaded = BatchLoader(dataset, TrainTransform(64, 48), 3, seed=4, workers=workers)
    for epoch in range(3):
        expected, found = list(alone.epoch(epoch)), list(threaded.epoch(epoch))
        assert len(expected) == len(found) == alone.len_epoch(epoch)
        assert all(same(one, other) for one, other in zip(expected, found))


@pytest.mark.parametrize("workers", [0, 2])
def test_resuming_at_any_iteration_gives_the_batches_that_were_to_come(whole, workers):
    dataset = open_dataset("mhp", whole, "all")
    batches = list(BatchLoader(dataset, TrainTransform(64, 48), 3, seed=4).epoch(2))
    for start in range(len(batches) + 1):
        resumed = list(BatchLoader(dataset, TrainTransform(64, 48), 3, seed=4, workers=workers).epoch(2, start))
        assert len(resumed) == len(batches) - start
        assert all(same(one, other) for one, other in zip(batches[start:], resumed))


def test_resuming_reads_nothing_of_what_came_before():
    resumed = loader(100, 10)
    list(resumed.epoch(0, 8))
    assert resumed.dataset.reads == 20


def test_a_row_is_rebuilt_from_its_reference(whole):
    dataset, transform = open_dataset("mhp", whole, "all"), TrainTransform(64, 48)
    for batch in BatchLoader(dataset, transform, 4, seed=1, workers=2).epoch(1):
        assert batch.data.dtype == np.float32 and batch.data.shape == (4, 3, 48, 48)
        assert batch.label.dtype == np.int32 and batch.label.shape == (4, 48, 48)
        for row, sample in enumerate(batch.samples):
            data, label = transform.apply(dataset.read(sample.index), sample.draws)
            assert (batch.data[row] == data).all() and (batch.label[row] == label).all()
            assert sample.path == f"images/{dataset.image_path(sample.index).name}"


def test_3000_samples_by_16_are_187_batches_and_8_roll_over():
    full = loader(3000, 16)
    assert [full.len_epoch(epoch) for epoch in range(4)] == [187, 188, 187, 188]


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("count, batch_size", [(10, 3), (10, 4), (7, 7), (9, 2)])
def test_rolling_over_uses_every_sample_once_an_epoch(count, batch_size, shuffle):
    rolling = loader(count, batch_size, shuffle=shuffle)
    drawn = []
    for epoch in range(batch_size):
        batches = indices(rolling.epoch(epoch))
        assert len(batches) == rolling.len_epoch(epoch) and all(len(batch) == batch_size for batch in batches)
        drawn += [index for batch in batches for index in batch]
    assert len(drawn) == count * batch_size
    for epoch in range(batch_size):
        assert sorted(drawn[epoch * count : (epoch + 1) * count]) == list(range(count))


def test_what_rolled_over_keeps_the_draws_of_its_own_epoch(whole):
    dataset = open_dataset("mhp", whole, "all")
    rolling = BatchLoader(dataset, TrainTransform(64, 48), 4, seed=2)
    rows = [sample for epoch in range(2) for batch in rolling.epoch(epoch) for sample in batch.samples]
    transform = TrainTransform(64, 48)
    assert len(rows) == 20
    for place, sample in enumerate(rows):
        assert sample.draws == transform.draw(dataset.read(sample.index), 2, place // 10)


def test_keeping_gives_a_shorter_last_batch():
    assert indices(loader(7, 3, shuffle=False, last_batch="keep").epoch(5)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert indices(loader(2, 3, shuffle=False, last_batch="keep").epoch(0)) == [[0, 1]]


def test_epochs_are_shuffled_differently_and_seeds_too():
    orders = {str(indices(loader(30, 30, seed=seed).epoch(epoch))) for seed in range(3) for epoch in range(3)}
    assert len(orders) == 9


def test_the_order_is_the_same_on_every_python_and_numpy():
    assert indices(loader(8, 8, seed=3).epoch(1)) == [[1, 3, 6, 0, 7, 2, 4, 5]]


def test_a_dataset_smaller_than_a_batch_is_refused():
    with pytest.raises(UsageError, match="batch of 16 or more in counted, found 5; lower --batch-size"):
        loader(5, 16)


@pytest.mark.parametrize(
    "options", [{"seed": -1}, {"seed": 2**32}, {"workers": -1}, {"last_batch": "discard"}, {"prefetch": 0}]
)
def test_options_that_cannot_work_are_refused(options):
    with pytest.raises(UsageError):
        loader(5, 2, **options)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_bad_file_is_reported_as_it_is_in_the_turn_of_its_batch(copy, workers):
    cut_short(copy / "images" / "0005.jpg")
    batches = BatchLoader(open_dataset("mhp", copy, "all"), ValTransform(64, 48), 2, shuffle=False, workers=workers).epoch(0)
    assert indices([next(batches), next(batches)]) == [[0, 1], [2, 3]]
    with pytest.raises(DataError, match="0005.jpg"):
        next(batches)
    assert loader_threads() == []


def test_leaving_an_epoch_early_leaves_no_threads(whole):
    batches = BatchLoader(open_dataset("mhp", whole, "all"), TrainTransform(64, 48), 2, workers=3).epoch(0)
    next(batches)
    assert loader_threads()
    batches.close()
    assert loader_threads() == []


def test_an_interruption_in_the_loop_leaves_no_threads(whole):
    def loop():
        for _ in BatchLoader(open_dataset("mhp", whole, "all"), TrainTransform(64, 48), 2, workers=3).epoch(0):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop()
    assert loader_threads() == []


def test_no_more_is_read_ahead_than_asked_for():
    ahead = loader(100, 2, workers=2, prefetch=3)
    batches = ahead.epoch(0)
    next(batches)
    batches.close()
    assert ahead.dataset.reads <= 8
