"""Datasets beside LV-MHP-v1: the files, the labels and every bit of a sample are those of GluonCV's own classes."""

import builtins
import pickle
import random
from pathlib import Path

import numpy as np
import pytest
from layouts import LAYOUTS, save_image, save_mask
from PIL import Image

from nanhunt.data.datasets import Source
from nanhunt.data.index import IGNORE
from nanhunt.data.recipe import Recipe
from nanhunt.data.transform import TrainTransform, ValTransform
from nanhunt.errors import DataError, UsageError

THEIRS = {
    "voc": "VOCSegmentation",
    "ade20k": "ADE20KSegmentation",
    "citys": "CitySegmentation",
    "coco": "COCOSegmentation",
}


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    """One tiny dataset of each kind; not to be written to."""
    return {name: make(tmp_path_factory.mktemp(name)) for name, make in LAYOUTS.items()}


def source(name, root, **more):
    if name == "folder":
        more = dict({"images": Path("pictures"), "masks": Path("labels"), "num_class": 3}, **more)
    return Source(name, root, **more)


def theirs(name, root, split, mode, **sizes):
    gluoncv = pytest.importorskip("gluoncv")
    if name == "coco":
        pytest.importorskip("pycocotools")
    from mxnet.gluon.data.vision import transforms

    normalise = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    return getattr(gluoncv.data, THEIRS[name])(str(root), split, mode, normalise, **sizes)


def their_images(dataset):
    if hasattr(dataset, "images"):
        return [str(path) for path in dataset.images]
    return [str(Path(dataset.root, dataset.coco.loadImgs(number)[0]["file_name"])) for number in dataset.ids]


@pytest.mark.parametrize("name", list(THEIRS))
@pytest.mark.parametrize("split", ["train", "val"])
def test_the_files_are_those_that_gluoncv_takes(roots, name, split):
    known = theirs(name, roots[name], split, "train")
    index = source(name, roots[name]).index(split)
    ours = [str(roots[name] / index.image_name(position)) for position in range(len(index))]
    assert ours == (their_images(known) if name in ("voc", "coco") else sorted(their_images(known)))
    assert len(index.classes) == known.NUM_CLASS == Source(name).classes()
    assert all(index.has_image(position) and len(index.masks(position)) == 1 for position in range(len(index)))


@pytest.mark.parametrize("name", list(THEIRS))
@pytest.mark.parametrize("mode", ["train", "val"])
def test_every_bit_of_a_sample_is_gluoncvs_with_the_same_choices(roots, name, mode, monkeypatch):
    known = theirs(name, roots[name], "train", mode, base_size=40, crop_size=48)
    ours = Recipe(source(name, roots[name]), "train").dataset()
    transform = TrainTransform(40, 48, resize="none") if mode == "train" else ValTransform(40, 48, resize="none")
    places = {path: place for place, path in enumerate(their_images(known))}
    ignored = 0
    for position in range(len(ours)):
        raw = ours.read(position)
        for epoch in range(3 if mode == "train" else 1):
            draws = transform.draw(raw, 0, epoch)
            if draws:
                feed(monkeypatch, draws)
            data, label = transform.apply(raw, draws)
            their_data, their_label = known[places[str(raw.path)]]
            assert (their_data.asnumpy() == data).all()
            assert (their_label.asnumpy() == label).all()
            ignored += int((label == IGNORE).sum())
    assert (ignored > 0) == (name != "coco")


def feed(monkeypatch, draws):
    """Have Python's `random` give GluonCV these choices."""
    floats = [0.0 if draws["mirror"] else 0.9] + ([0.0, draws["blur"]] if draws["blur"] else [0.9])
    numbers = [draws["long_size"], draws["x"], draws["y"]]
    monkeypatch.setattr(random, "random", lambda: floats.pop(0))
    monkeypatch.setattr(random, "randint", lambda low, high: numbers.pop(0))


@pytest.mark.parametrize("name", list(LAYOUTS))
def test_an_index_can_be_sent_to_another_process(roots, name):
    if name == "coco":
        pytest.importorskip("pycocotools")
    index = source(name, roots[name]).index("all")
    again = pickle.loads(pickle.dumps(index))
    assert again == index and len(index) == 4
    assert {index.split_of(position) for position in range(4)} == {"train", "val"}
    assert index.without([index.entries[1]]).entries == (index.entries[0], *index.entries[2:])
    for position, mask in enumerate(masks[0] for masks in map(again.masks, range(4))):
        picture = again.mask_picture(position, mask)
        labels = again.labels(picture)
        assert labels.shape == picture.size[::-1] and labels.max() < len(index.classes)


def test_values_that_cityscapes_does_not_know_are_no_class(roots):
    picture = Image.fromarray(np.array([[33, 34, 40, 255]], dtype=np.uint8))
    assert source("citys", roots["citys"]).index("val").labels(picture).tolist() == [[18, 34, 40, 255]]


def test_missing_files_stay_entries_and_are_named(tmp_path):
    root = LAYOUTS["voc"](tmp_path)
    (root / "VOC2012" / "SegmentationClass" / "2007_0.png").unlink()
    index = source("voc", root).index("train")
    assert [len(index.masks(position)) for position in range(4)] == [1, 0, 1, 1]
    with pytest.raises(DataError, match="SegmentationClass/2007_0.png .*found none for 2007_0"):
        Recipe(source("voc", root)).dataset()
    assert len(Recipe(source("voc", root)).dataset(["2007_0"])) == 3


@pytest.mark.parametrize("name", list(THEIRS))
def test_another_folder_is_told_what_it_lacks(tmp_path, name):
    if name == "coco":
        pytest.importorskip("pycocotools")
    with pytest.raises(UsageError, match="found no .*--data-root"):
        source(name, tmp_path).index("train")
    with pytest.raises(UsageError, match="split"):
        source(name, tmp_path).index("test")


def test_coco_without_pycocotools_is_one_line_and_installs_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("nanhunt.data.coco.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="^Expected pycocotools for --dataset coco, found none; pip install[^\n]*$"):
        source("coco", LAYOUTS["coco"](tmp_path)).index("train")


def test_coco_annotations_cut_short_are_one_line(tmp_path):
    pytest.importorskip("pycocotools")
    root = LAYOUTS["coco"](tmp_path)
    path = root / "annotations" / "instances_train2017.json"
    path.write_text(path.read_text()[:200])
    with pytest.raises(DataError, match="^Expected COCO annotations in .*instances_train2017.json[^\n]*$"):
        source("coco", root).index("train")


def test_without_gluoncv_its_datasets_are_one_line(roots, monkeypatch):
    load = builtins.__import__

    def without(name, *rest):
        if name.startswith("gluoncv"):
            raise ImportError("No module named 'gluoncv'")
        return load(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match="^Expected gluoncv for --dataset voc[^\n]*$"):
        source("voc", roots["voc"]).index("train")


def test_a_folder_is_read_by_stem_and_255_is_left_out(roots):
    train, val = (Recipe(source("folder", roots["folder"]), split).dataset() for split in ("train", "val"))
    assert (train.index.entries, val.index.entries) == (("train/0.png", "train/1.png", "train/2.png"), ("val/3.png",))
    assert set(np.unique(train.read(0).mask)) == {IGNORE, 0, 1, 2}
    assert train.classes == ("class 0", "class 1", "class 2")


def test_what_lies_beyond_a_picture_of_a_folder_is_left_out(roots):
    raw = Recipe(source("folder", roots["folder"]), "train").dataset().read(0)
    draws = {"mirror": 0, "long_size": 30, "x": 0, "y": 0, "blur": 0.0}
    _, label = TrainTransform(30, 64, resize="none").apply(raw, draws)
    assert (label[40:] == IGNORE).all() and (label[:, 40:] == IGNORE).all()


def test_images_and_masks_may_share_a_folder(tmp_path):
    save_image(tmp_path / "1.jpg", 0)
    save_mask(tmp_path / "1.png", 0, [0, 1])
    index = Source("folder", None, tmp_path, tmp_path, num_class=2).index("train")
    assert index.entries == ("1.jpg",) and index.masks(0)[0].path == "1.png" and index.root == tmp_path


@pytest.fixture
def flat(tmp_path):
    for number in range(5):
        save_image(tmp_path / "images" / f"{number}.jpg", number)
        save_mask(tmp_path / "masks" / f"{number}.png", number, [0, 1])
    return tmp_path


def flat_source(root, **more):
    return Source("folder", root, Path("images"), Path("masks"), num_class=2, **more)


def test_without_lists_and_subfolders_all_train(flat):
    assert len(flat_source(flat).index("train")) == 5
    with pytest.raises(DataError, match="split 'val' .*--val-list FILE.*--no-val"):
        flat_source(flat).index("val")


def test_lists_name_images_with_or_without_suffix(flat):
    (flat / "val.txt").write_text("3\n1.jpg\n")
    only_val = flat_source(flat, val_list=Path("val.txt"))
    assert only_val.index("val").entries == ("3.jpg", "1.jpg")
    assert only_val.index("train").entries == ("0.jpg", "2.jpg", "4.jpg")
    (flat / "train.txt").write_text("2\n4\nnowhere\n")
    both = flat_source(flat, train_list=Path("train.txt"), val_list=Path("val.txt")).index("all")
    assert both.entries == ("2.jpg", "4.jpg", "nowhere", "3.jpg", "1.jpg")
    assert [both.has_image(position) for position in range(5)] == [True, True, False, True, True]
    assert both.lists == ("train.txt", "val.txt")


def test_masks_without_an_image_are_strays(flat):
    save_mask(flat / "masks" / "other.png", 0, [0])
    assert flat_source(flat).index("train").stray() == {"masks/other.png": "an image other"}


def test_two_masks_of_one_image_are_refused(flat):
    save_mask(flat / "masks" / "1.bmp", 1, [0])
    with pytest.raises(DataError, match="one mask .*found 1.bmp and 1.png"):
        flat_source(flat).index("train")


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"images": Path("nowhere")}, "folder at --images .*nowhere, found none"),
        ({"masks": None}, "found no --masks"),
        ({"num_class": None}, "found no --num-class"),
        ({"val_list": Path("nowhere.txt")}, "--val-list .*nowhere.txt, found none"),
    ],
)
def test_a_folder_that_cannot_work_is_told_why(flat, wrong, message):
    given = dict({"images": Path("images"), "masks": Path("masks"), "num_class": 2}, **wrong)
    with pytest.raises(UsageError, match=message):
        Source("folder", flat, **given).index("train")


def test_options_of_a_folder_are_refused_elsewhere(flat):
    with pytest.raises(UsageError, match="--images with --dataset folder only, found it with mhp"):
        Source("mhp", flat, images=Path("images")).index("train")
