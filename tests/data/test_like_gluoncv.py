"""`--like gluoncv-0.7`: sample by sample what the installed `MHPV1Segmentation` gives, its mistakes included."""

import os
import random

import numpy as np
import pytest
from damage import cut_short, masks_of, save_labels
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from nanhunt.data.datasets import Source
from nanhunt.data.gluoncv_mhp import merge_as_gluoncv
from nanhunt.data.recipe import Recipe
from nanhunt.errors import DataError, UsageError

gluoncv = pytest.importorskip("gluoncv")
LIKE = "gluoncv-0.7"


@pytest.fixture
def tolerant(monkeypatch):
    """Importing GluonCV's loader sets this for the whole process; other tests may have set it back."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)


def theirs(root, split="train", mode="train", **sizes):
    from gluoncv.data.mhp import MHPV1Segmentation
    from mxnet.gluon.data.vision import transforms

    normalise = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    return MHPV1Segmentation(str(root), split, mode, normalise, **sizes)


def ours(root, split="train", **more):
    return Recipe(Source("mhp", root, like=LIKE), split, base_size=72, crop_size=64, **more)


def same_samples(root, monkeypatch, split="train"):
    """Hold every sample against GluonCV's, as it is validated on and with two augmentations; how many there were."""
    for augment in (False, True):
        recipe = ours(root, split, augment=augment)
        dataset, transform = recipe.dataset(), recipe.transform()
        known = theirs(root, split, "train" if augment else "val", base_size=72, crop_size=64)
        assert len(dataset) == len(known)
        for position in range(len(known)):
            for epoch in range(2 if augment else 1):
                try:
                    raw = dataset.read(position)
                except DataError:
                    with pytest.raises((AssertionError, ValueError, np.ma.MaskError)):
                        known[position]
                    continue
                draws = transform.draw(raw, 3, epoch)
                if draws:
                    floats = [0.0 if draws["mirror"] else 0.9] + ([0.0, draws["blur"]] if draws["blur"] else [0.9])
                    numbers = [draws["long_size"], draws["x"], draws["y"]]
                    monkeypatch.setattr(random, "random", lambda left=floats: left.pop(0))
                    monkeypatch.setattr(random, "randint", lambda low, high, left=numbers: left.pop(0))
                data, label = transform.apply(raw, draws)
                their_data, their_label = known[position]
                assert (their_data.asnumpy() == data).all()
                assert (their_label.asnumpy() == label).all()
    return len(known)


def test_a_whole_dataset_is_the_same_in_the_order_of_the_folder(copy, tolerant, monkeypatch):
    for path in sorted((copy / "annotations").iterdir(), reverse=True):  # a folder in another order
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
    assert same_samples(copy, monkeypatch) == 8
    assert same_samples(copy, monkeypatch, "test") == 2


def test_pairs_shift_where_files_are_missing(copy, tolerant, monkeypatch):
    for path in masks_of(copy, "0002"):
        path.unlink()
    (copy / "images" / "0005.jpg").unlink()
    assert same_samples(copy, monkeypatch) == 7
    dataset = ours(copy).dataset()
    assert dataset.read(1).path.name == "0002.jpg" and dataset.read(1).mask_paths[0].name.startswith("0003_")


def test_masks_belong_to_every_image_whose_name_begins_theirs(copy, tolerant, monkeypatch):
    size = ours(copy).dataset().read(0).mask.shape
    save_labels(copy / "annotations" / "00010_01_01.png", np.eye(*size) * 4)
    save_labels(copy / "annotations" / "0001x.png", np.eye(*size) * 5)
    assert same_samples(copy, monkeypatch) == 8
    assert {"00010_01_01.png", "0001x.png"} < {path.name for path in ours(copy).dataset().read(0).mask_paths}


def test_truncated_files_masks_of_another_size_and_bad_labels_pass_where_they_pass_there(copy, tolerant, monkeypatch):
    cut_short(copy / "images" / "0001.jpg")
    size = ours(copy).dataset().read(1).mask.shape
    replaced = {"0002": [np.ones((9, 11))], "0003": [np.full(size, 200), np.ones(size)], "0004": [np.full(size, 19)]}
    replaced["0005"] = [np.eye(*size) * 255, np.ones(size) * 3]
    for stem, labels in replaced.items():
        for path in masks_of(copy, stem):
            path.unlink()
        for person, each in enumerate(labels):
            save_labels(copy / "annotations" / f"{stem}_{len(labels):02d}_{person + 1:02d}.png", each)
    assert same_samples(copy, monkeypatch) == 8
    dataset = ours(copy).dataset()
    assert dataset.read(0).image.shape[2] == 3 and dataset.read(1).mask.shape == (9, 11)
    with pytest.raises(DataError, match="GluonCV 0.7 accepts for .*0003.jpg, found persons that cover the whole image"):
        dataset.read(2)
    with pytest.raises(DataError, match="found label 19"):
        dataset.read(3)


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=150)
def test_masks_are_merged_bit_for_bit_or_refused_alike(seed):
    from gluoncv.data import mhp

    draw = np.random.RandomState(seed)
    height, width, top = draw.randint(1, 4), draw.randint(1, 4), draw.choice([2, 19, 20, 256])
    masks = [
        (draw.randint(0, top, (height, width)) * (draw.rand(height, width) < draw.rand())).astype(np.uint8)
        for _ in range(draw.randint(1, 5))
    ]

    class Opened:
        """Gives the masks in place of files."""

        fromarray = staticmethod(Image.fromarray)
        open = staticmethod(lambda number: masks[number])

    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(mhp, "Image", Opened)
            expected = np.array(mhp._get_mask(range(len(masks))))
    except AssertionError:
        with pytest.raises(ValueError):
            merge_as_gluoncv(masks)
    else:
        assert (merge_as_gluoncv(masks) == expected).all()


def test_the_3001st_image_is_in_no_split(tmp_path, monkeypatch):
    names = [f"{number:04d}" for number in range(1, 3006)]
    for folder in ("images", "annotations"):
        (tmp_path / folder).mkdir()
    for name in names:
        (tmp_path / "images" / f"{name}.jpg").touch()
        (tmp_path / "annotations" / f"{name}_01_01.png").touch()
    (tmp_path / "train_list.txt").write_text("".join(f"{name}.jpg\n" for name in names))
    listing = os.listdir(str(tmp_path / "annotations"))
    for split, first, last in (("train", "0001.jpg", "3000.jpg"), ("val", "3002.jpg", "3005.jpg")):
        index = Source("mhp", tmp_path, like=LIKE).index(split)
        assert (index.entries[0], index.entries[-1]) == (first, last)
        monkeypatch.setattr(os, "listdir", lambda path: listing)
        known = theirs(tmp_path, split)
        assert [os.path.basename(path) for path in known.images] == list(index.entries)
        assert [[os.path.basename(path) for path in masks] for masks in known.masks] == [list(n) for n in index.mask_names]


def test_other_numbers_of_images_and_masks_are_refused_as_there(copy):
    (copy / "images" / "0005.jpg").unlink()
    with pytest.raises(AssertionError):
        theirs(copy)
    with pytest.raises(DataError, match="found 7 and 8; GluonCV 0.7 refuses"):
        ours(copy).dataset()


def test_there_are_18_classes_as_there():
    if gluoncv.__version__.startswith("0.7"):
        assert Source("mhp", like=LIKE).classes() == __import__("gluoncv.data.mhp", fromlist=["x"]).MHPV1Segmentation.NUM_CLASS
    else:
        pytest.skip(f"gluoncv {gluoncv.__version__} counts 19")


def test_it_is_for_mhp_alone(copy):
    with pytest.raises(UsageError, match="--dataset mhp with --like gluoncv-0.7, found voc"):
        Source("voc", copy, like=LIKE).index("train")
    with pytest.raises(UsageError, match="--like out of gluoncv-0.7, found 'gluoncv'"):
        Source("mhp", copy, like="gluoncv").index("train")
