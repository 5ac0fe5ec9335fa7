"""The augmentation: GluonCV's arithmetic, with choices that are written down and can be made again."""

import json
import random

import numpy as np
import pytest

from nanhunt.data.datasets import open_dataset
from nanhunt.data.samples import RawSample
from nanhunt.data.transform import NORMALISED, TrainTransform, ValTransform, sample_random
from nanhunt.errors import UsageError


@pytest.fixture(scope="module")
def dataset(whole):
    return open_dataset("mhp", whole, "all")


@pytest.mark.parametrize("transform", [TrainTransform(200, 160), ValTransform(200, 160)])
def test_the_result_is_float32_and_int32_of_the_crop_size(dataset, transform):
    for position in range(len(dataset)):
        raw = dataset.read(position)
        data, label = transform.apply(raw, transform.draw(raw, 0, 0))
        assert data.dtype == np.float32 and data.shape == (3, 160, 160)
        assert label.dtype == np.int32 and label.shape == (160, 160)
        assert np.isfinite(data).all() and label.min() >= 0 and label.max() <= 18


def test_draws_survive_json_and_rebuild_the_same_arrays(dataset):
    transform = TrainTransform(200, 160)
    for epoch in range(5):
        raw = dataset.read(epoch)
        draws = transform.draw(raw, 7, epoch)
        data, label = transform.apply(raw, draws)
        rebuilt_data, rebuilt_label = TrainTransform(200, 160).apply(dataset.read(epoch), json.loads(json.dumps(draws)))
        assert (data == rebuilt_data).all() and (label == rebuilt_label).all()


def test_draws_depend_on_seed_epoch_and_index_and_on_nothing_else(dataset):
    transform = TrainTransform(200, 160)
    raw, other = dataset.read(0), dataset.read(1)
    again = transform.draw(raw, 1, 2)
    random.seed(9)
    np.random.seed(9)
    transform.draw(other, 1, 2)
    assert transform.draw(raw, 1, 2) == again
    assert len({json.dumps(transform.draw(raw, seed, epoch)) for seed in range(4) for epoch in range(4)}) == 16


def test_draws_are_the_same_on_every_python_and_numpy():
    raw = RawSample(np.zeros((300, 400, 3), np.uint8), np.zeros((300, 400), np.int32), 11, None, ())
    assert TrainTransform().draw(raw, 3, 5) == {"mirror": 1, "long_size": 854, "x": 156, "y": 14, "blur": 0.8011980636837173}


def test_every_choice_is_drawn_over_its_whole_range():
    raw = RawSample(np.zeros((60, 60, 3), np.uint8), np.zeros((60, 60), np.int32), 0, None, ())
    transform = TrainTransform(16, 8)
    draws = [transform.draw(raw, seed, 0) for seed in range(600)]
    assert {draw["mirror"] for draw in draws} == {0, 1}
    assert {draw["long_size"] for draw in draws} == set(range(8, 33))
    assert {draw["x"] for draw in draws if draw["long_size"] == 12} <= set(range(5))
    assert 0.4 < np.mean([draw["blur"] > 0 for draw in draws]) < 0.6
    assert all(0 <= draw["blur"] < 1 for draw in draws)


def test_only_768_values_can_reach_the_network(dataset):
    transform = TrainTransform(200, 160)
    for position in range(4):
        raw = dataset.read(position)
        data, _ = transform.apply(raw, transform.draw(raw, 0, position))
        for channel in range(3):
            assert np.isin(data[channel], NORMALISED[channel]).all()
    assert np.isfinite(NORMALISED).all() and NORMALISED.dtype == np.float32


def test_normalisation_is_that_of_imagenet():
    assert NORMALISED[0, 255] == pytest.approx((1 - 0.485) / 0.229)
    assert NORMALISED[1, 0] == pytest.approx(-0.456 / 0.224)
    assert NORMALISED[2, 51] == pytest.approx((0.2 - 0.406) / 0.225)


def test_what_is_padded_is_background():
    raw = RawSample(np.full((50, 100, 3), 255, np.uint8), np.full((50, 100), 4, np.int32), 0, None, ())
    draws = {"mirror": 0, "long_size": 100, "x": 0, "y": 0, "blur": 0.0}
    data, label = TrainTransform(96, 120).apply(raw, draws)
    assert (label[:50, :100] == 4).all() and (label[50:] == 0).all() and (label[:, 100:] == 0).all()
    assert (data[:, 60:] == NORMALISED[:, 0][:, None, None]).all()


def test_sizes_that_leave_no_picture_are_refused():
    with pytest.raises(UsageError, match="--base-size of 8 or more"):
        TrainTransform(base_size=4)
    with pytest.raises(UsageError, match="--crop-size"):
        ValTransform(crop_size=0)


def test_seeds_are_told_apart_from_epochs_and_indices():
    drawn = {sample_random(*key).random_sample() for key in ((0, 0, 1), (0, 1, 0), (1, 0, 0), (0, 0, 0))}
    assert len(drawn) == 4


@pytest.mark.parametrize("mode, transform", [("train", TrainTransform(200, 160)), ("val", ValTransform(200, 160))])
def test_every_bit_is_that_of_gluoncv_with_the_same_choices(dataset, whole, monkeypatch, mode, transform):
    pytest.importorskip("gluoncv")
    from gluoncv.data.mhp import MHPV1Segmentation
    from mxnet.gluon.data.vision import transforms
    from PIL import ImageFile

    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", False)  # the import above set it for the whole process
    normalise = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    theirs = MHPV1Segmentation(str(whole), "train", mode, normalise, base_size=200, crop_size=160)
    theirs.masks = [sorted(masks) for masks in theirs.masks]  # by person, not in the order of the folder
    for position in range(4):
        raw = dataset.read(position)
        draws = transform.draw(raw, 0, 0)
        if draws:
            floats = [0.0 if draws["mirror"] else 0.9] + ([0.0, draws["blur"]] if draws["blur"] else [0.9])
            whole_numbers = [draws["long_size"], draws["x"], draws["y"]]
            monkeypatch.setattr(random, "random", lambda left=floats: left.pop(0))
            monkeypatch.setattr(random, "randint", lambda low, high, left=whole_numbers: left.pop(0))
        data, label = transform.apply(raw, draws)
        their_data, their_label = theirs[position]
        assert (their_data.asnumpy() == data).all()
        assert (their_label.asnumpy() == label).all()
