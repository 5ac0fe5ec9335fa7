"""Inspection of every layout: a good one is left alone, and each thing that breaks is named once."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from damage import cut_short, save_labels
from fastjsonschema import compile as validator_of
from layouts import LAYOUTS, SIZES, save_image, save_mask
from PIL import Image

import nanhunt
from nanhunt.data.checks import Settings
from nanhunt.data.inspection import inspect
from nanhunt.data.source import Source
from nanhunt.errors import UsageError

VALIDATE = validator_of(json.loads((Path(nanhunt.__file__).parent / "schemas" / "inspection.schema.json").read_text()))
IGNORED = {"voc": 255, "ade20k": 0, "citys": 0, "folder": 255}
FIRST = {
    "voc": ("VOC2012/JPEGImages/2007_0.jpg", "VOC2012/SegmentationClass/2007_0.png"),
    "ade20k": (
        "ADEChallengeData2016/images/training/ADE_train_0.jpg",
        "ADEChallengeData2016/annotations/training/ADE_train_0.png",
    ),
    "citys": (
        "leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png",
        "gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png",
    ),
    "coco": ("train2017/000000000005.jpg", None),
    "folder": ("pictures/train/0.png", "labels/train/0.png"),
}
"""An image and its mask, which is of SIZES[0] (of SIZES[2] in coco)."""


def found(name, root):
    if name == "coco":
        pytest.importorskip("pycocotools")
    more = {"images": Path("pictures"), "masks": Path("labels"), "num_class": 3} if name == "folder" else {}
    source = Source(name, root, **more)
    inspection = inspect(source.index("all"), name, Settings(source.classes(), 48, 48, resize=source.resize), jobs=1)
    VALIDATE(inspection.to_json())
    return [(each.check, each.severity, each.path) for each in inspection.problems if each.check != "unseen-class"]


@pytest.fixture(params=list(LAYOUTS))
def layout(request, tmp_path):
    """Its name, folder, and the paths of an image and of its mask."""
    root = LAYOUTS[request.param](tmp_path)
    image, mask = FIRST[request.param]
    return request.param, root, image, mask


def test_a_good_dataset_is_left_alone(layout):
    assert found(*layout[:2]) == []


def test_a_damaged_image_is_named_once(layout):
    name, root, image, _ = layout
    cut_short(root / image)
    assert found(name, root) == [("unreadable", "error", image)]


def test_an_image_that_is_gone_is_named_or_the_mask_that_it_leaves(layout):
    name, root, image, mask = layout
    (root / image).unlink()
    listed = name in ("voc", "coco")
    assert found(name, root) == [("missing-image", "error", image) if listed else ("stray-mask", "warning", mask)]


@pytest.mark.parametrize(
    "harm, check, severity",
    [
        ("gone", "missing-mask", "error"),
        ("cut", "unreadable", "error"),
        ("200", "label-range", "error"),
        ("ignored", "ignored-mask", "warning"),
        ("shorter", "mask-size", "error"),
    ],
)
def test_a_mask_that_is_wrong_is_named_once(layout, harm, check, severity):
    name, root, image, path = layout
    if path is None:
        pytest.skip("coco has no mask files")
    mask = root / path
    labels = np.array(Image.open(str(mask)))
    if harm == "gone":
        mask.unlink()
    elif harm == "cut":
        cut_short(mask)
    elif harm == "200":
        labels[0, 0] = 200
        save_labels(mask, labels)
    elif harm == "ignored":
        save_labels(mask, np.full_like(labels, IGNORED[name]))
    else:
        save_labels(mask, labels[:-4])
    assert found(name, root) == [(check, severity, image if harm == "gone" else path)]


def test_an_entry_of_which_nothing_is_there_is_named_once(tmp_path):
    root = LAYOUTS["voc"](tmp_path)
    for path in FIRST["voc"]:
        (root / path).unlink()
    assert found("voc", root) == [("missing-image", "error", FIRST["voc"][0])]


@pytest.mark.parametrize(
    "content, check",
    [
        (120, "blank-image"),
        (0, "blank-image"),
        ("dark", "dark-image"),
        ("bright", "bright-image"),
        ("night", None),
        ("white", None),
    ],
)
def test_pictures_with_nothing_to_see_are_warned_of_and_dark_and_white_ones_are_not(tmp_path, content, check):
    root = LAYOUTS["folder"](tmp_path)
    path, _ = FIRST["folder"]
    height, width = SIZES[0]
    pixels = np.full((height, width, 3), 120, np.uint8)
    if isinstance(content, int):
        pixels[:] = content
    else:
        pixels[:] = {"dark": 5, "night": 5, "bright": 245, "white": 250}[content]
        pixels[::4] = {"dark": 30, "night": 25, "bright": 255, "white": 250}[content]
        if content in ("night", "white"):  # some lamps; somebody before a white wall
            pixels[8:16, 8:24] = 200 if content == "night" else 90
        if content == "bright":
            pixels[:20] = 255
        if content == "dark":
            pixels[:20] = 35
    Image.fromarray(pixels).save(str(root / path))
    assert found("folder", root) == ([(check, "warning", path)] if check else [])


def test_names_that_no_line_can_hold_are_inspected_skipped_and_shown(tmp_path, capsys):
    from nanhunt.cli import main
    from nanhunt.data.listing import read_skip

    names = ["new\nline", "a # b", "#c", " lead", "trail ", "tab\tx", '"quoted', "two words", "\u65e5\u672c", "turn\u202e"]
    names += ["b\udcff"]
    for number, name in enumerate(names):
        save_image(tmp_path / "i" / f"{name}.png", number)
        save_mask(tmp_path / "m" / f"{name}.png", number, [0, 1, 7])
    options = ["--dataset", "folder", "--data-root", str(tmp_path), "--images", "i", "--masks", "m", "--num-class", "3"]
    skip, page = tmp_path / "skip.txt", tmp_path / "page.html"
    assert main(["inspect-data", *options, "--write-skip", str(skip), "--html", str(page)]) == 3
    assert "\u202e" not in capsys.readouterr().out + page.read_text(encoding="utf-8")
    assert sorted(read_skip(skip)) == sorted(f"{name}.png" for name in names)


def test_lists_of_a_folder_may_hold_paths_of_any_kind(tmp_path):
    for number in range(6):
        save_image(tmp_path / "i" / f"{number} \u00e9.jpg", number)
        save_mask(tmp_path / "m" / f"{number} \u00e9.png", number, [0, 1])
    lines = [
        "0 \u00e9",
        "1 \u00e9.jpg",
        "./2 \u00e9.jpg",
        "../i/3 \u00e9.jpg",
        str(tmp_path / "i" / "4 \u00e9.jpg"),
        "x/../5 \u00e9",
    ]
    (tmp_path / "list.txt").write_bytes(("\ufeff" + "\r\n".join(lines) + "\r\n").encode())
    index = Source("folder", tmp_path, Path("i"), Path("m"), Path("list.txt"), num_class=2).index("train")
    assert index.entries == tuple(f"{number} \u00e9.jpg" for number in range(6))
    assert all(index.has_image(position) and index.masks(position) for position in range(6))


@pytest.mark.parametrize("name", ["mhp", "folder", "ade20k"])
def test_a_folder_that_may_not_be_read_is_one_line(tmp_path, monkeypatch, name):
    def refused(path):
        raise PermissionError(13, "Permission denied", str(path))

    for part in ("images", "annotations", "ADEChallengeData2016/images/training", "ADEChallengeData2016/annotations/training"):
        (tmp_path / part).mkdir(parents=True)
    (tmp_path / "train_list.txt").write_text("1.jpg\n")
    monkeypatch.setattr("os.listdir", refused)
    monkeypatch.setattr("os.scandir", refused)
    more = {"images": Path("images"), "masks": Path("annotations"), "num_class": 3} if name == "folder" else {}
    with pytest.raises(UsageError, match="Permission denied; correct its permissions"):
        Source(name, tmp_path, **more).index("train")


def test_large_pictures_are_no_warning_of_pillows_on_stderr(tmp_path, monkeypatch):
    from nanhunt.cli import main

    root = LAYOUTS["folder"](tmp_path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1500)  # the pictures have fewer than twice as many: opened, and warned of
    options = ["--images", "pictures", "--masks", "labels", "--num-class", "3", "--base-size", "48"]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert main(["inspect-data", "--dataset", "folder", "--data-root", str(root), *options]) == 0
    assert [str(each.message) for each in said if "pixels" in str(each.message)] == []
