"""Inspection: each planted error is found and named, all of them in one walk, and good files are never blamed."""

import os
import shutil

import numpy as np
import pytest
from damage import cut_short, masks_of, save_labels
from PIL import Image

from nanhunt.data.checks import CHECKS, Settings
from nanhunt.data.datasets import index_dataset
from nanhunt.data.inspection import inspect
from nanhunt.data.mhp import MhpIndex
from nanhunt.errors import UsageError


def look(root, split="all", **options):
    return inspect(index_dataset("mhp", root, split), **options)


def found(root, **options):
    """(check, severity, path) of every problem that is no note, the file's format aside: tests put PNG under names in .jpg."""
    return [
        (problem.check, problem.severity, problem.path)
        for problem in look(root, **options).problems
        if problem.severity != "note" and problem.check != "file-type"
    ]


def the_problem(root, **options):
    problems = [problem for problem in look(root, **options).problems if problem.severity != "note"]
    assert len(problems) == 1, problems
    return problems[0]


def as_path(root, path):
    return path.relative_to(root).as_posix()


def size_of(root, stem):
    with Image.open(str(root / "images" / f"{stem}.jpg")) as image:
        return image.size


def test_good_files_are_not_blamed(whole):
    inspection = look(whole)
    assert inspection.complete and inspection.images == inspection.listed == 10
    assert inspection.masks == len(list((whole / "annotations").iterdir()))
    assert {problem.check for problem in inspection.problems} <= {"gray-image", "unseen-class"}
    assert inspection.count("error") == inspection.count("warning") == 0


def test_good_photographs_are_not_blamed(shared_photos):
    inspection = look(shared_photos)
    assert inspection.images == 5 and {problem.check for problem in inspection.problems} == {"unseen-class"}


@pytest.mark.parametrize("mode, kind", [("RGB", "PNG"), ("P", "PNG"), ("RGBA", "PNG")])
def test_eight_bit_images_of_any_kind_are_good(copy, mode, kind):
    path = copy / "images" / "0001.jpg"
    with Image.open(str(path)) as image:
        image.convert(mode).save(str(path), format=kind)
    assert found(copy) == []


def test_masks_with_a_palette_are_good(copy):
    mask = masks_of(copy, "0001")[0]
    with Image.open(str(mask)) as labels:
        coloured = labels.copy()
        coloured.putpalette([value for label in range(256) for value in (label, 255 - label, 0)])
        coloured.save(str(mask))
    with Image.open(str(mask)) as labels:
        assert labels.mode == "P"
    assert found(copy) == []


def test_a_truncated_image_is_found(copy):
    cut_short(copy / "images" / "0002.jpg")
    problem = the_problem(copy)
    assert (problem.check, problem.severity, problem.sample, problem.path) == ("unreadable", "error", 1, "images/0002.jpg")
    assert "truncated" in problem.message


def test_a_truncated_mask_and_one_that_is_no_picture_are_found(copy):
    truncated, text = masks_of(copy, "0002")[0], masks_of(copy, "0003")[0]
    cut_short(truncated)
    text.write_text("no picture")
    assert found(copy) == [("unreadable", "error", as_path(copy, truncated)), ("unreadable", "error", as_path(copy, text))]


def test_a_listed_image_that_is_missing_is_found(copy):
    (copy / "images" / "0002.jpg").unlink()
    assert found(copy) == [("missing-image", "error", "images/0002.jpg")]


def test_an_image_without_masks_is_found(copy):
    for mask in masks_of(copy, "0002"):
        mask.unlink()
    assert found(copy) == [("missing-mask", "error", "images/0002.jpg")]


def test_a_person_without_a_mask_is_found_by_the_declared_count(copy):
    stem = next(path.stem for path in sorted((copy / "images").iterdir()) if len(masks_of(copy, path.stem)) >= 2)
    masks = masks_of(copy, stem)
    masks[0].unlink()
    problem = the_problem(copy)
    assert (problem.check, problem.severity, problem.path) == ("person-count", "error", f"images/{stem}.jpg")
    assert problem.message.startswith(f"expected masks of persons 1..{len(masks)}, found 2")


def test_mask_names_that_disagree_about_the_count_are_found(copy):
    labels = np.zeros(size_of(copy, "0001")[::-1])
    labels[0, 0] = 1
    count = len(masks_of(copy, "0001"))
    save_labels(copy / "annotations" / f"0001_{count + 1:02d}_{count + 1:02d}.png", labels)
    assert the_problem(copy).message == f"expected one number of persons in all mask names, found {count}, {count + 1}"


def test_labels_out_of_range_are_found_with_value_and_pixels(copy):
    mask = masks_of(copy, "0002")[0]
    labels = np.array(Image.open(str(mask)))
    labels[0, :7], labels[1, :3] = 19, 200
    save_labels(mask, labels)
    problem = the_problem(copy)
    assert (problem.check, problem.severity, problem.path) == ("label-range", "error", as_path(copy, mask))
    assert problem.message == "expected 0..18, found 19, 200 (10 px)"


def test_label_18_is_out_of_range_of_18_classes(copy):
    mask = masks_of(copy, "0002")[0]
    labels = np.full(size_of(copy, "0002")[::-1], 18)
    labels[0] = 0
    save_labels(mask, labels)
    assert [each for each in found(copy) if each[0] != "overlap"] == []
    paths = [path for check, _, path in found(copy, settings=Settings(num_class=18)) if check == "label-range"]
    assert as_path(copy, mask) in paths


def test_labels_of_16_bits_are_read_as_they_are(copy):
    mask = masks_of(copy, "0002")[0]
    labels = np.array(Image.open(str(mask))).astype(np.uint16)
    labels[0, :2] = 300
    Image.fromarray(labels).save(str(mask))
    assert the_problem(copy).message == "expected 0..18, found 300 (2 px)"


def test_a_mask_of_another_size_is_found(copy):
    width, height = size_of(copy, "0002")
    mask = masks_of(copy, "0002")[0]
    save_labels(mask, np.eye(height, width - 1))
    problem = the_problem(copy)
    assert (problem.check, problem.path) == ("mask-size", as_path(copy, mask))
    assert problem.message == f"expected {width}x{height} as the image, found {width - 1}x{height}"


def test_a_mask_in_colour_is_found(copy):
    mask = masks_of(copy, "0002")[0]
    Image.open(str(mask)).convert("RGB").save(str(mask))
    assert found(copy) == [("picture-mode", "error", as_path(copy, mask))]


def test_nan_in_an_image_of_floating_point_numbers_is_found(copy):
    width, height = size_of(copy, "0002")
    pixels = np.full((height, width), 0.5, np.float32)
    pixels[3, 4:6] = np.float32("nan")
    pixels[5, 5] = np.float32("inf")
    Image.fromarray(pixels).save(str(copy / "images" / "0002.jpg"), format="TIFF")
    problems = {problem.check: problem for problem in look(copy).problems if problem.severity != "note"}
    assert set(problems) == {"non-finite", "picture-mode", "file-type"}
    assert problems["non-finite"].message == "expected finite pixels after the training transform, found 3 NaN or Inf"


def test_a_normalisation_that_divides_by_zero_is_found_in_every_image(whole, monkeypatch):
    with np.errstate(divide="ignore", invalid="ignore"):
        table = (np.arange(256, dtype=np.float32) - np.float32(0)) / np.zeros((3, 1), np.float32)
    monkeypatch.setattr("nanhunt.data.checks.non_finite.NORMALISED", table)
    assert len([check for check, _, _ in found(whole) if check == "non-finite"]) == 10


def test_an_image_of_16_bits_is_found(copy):
    width, height = size_of(copy, "0002")
    Image.fromarray(np.full((height, width), 40000, np.uint16)).save(str(copy / "images" / "0002.jpg"), format="PNG")
    assert found(copy) == [("picture-mode", "error", "images/0002.jpg")]


def test_an_image_that_the_smallest_scale_makes_vanish_is_found(copy):
    Image.linear_gradient("L").rotate(90).resize((3000, 2)).convert("RGB").save(str(copy / "images" / "0002.jpg"))
    for mask in masks_of(copy, "0002"):
        save_labels(mask, np.eye(2, 3000))
    assert [each for each in found(copy) if each[0] != "overlap"] == [("narrow-image", "error", "images/0002.jpg")]


def test_a_mask_of_background_only_is_a_warning(copy):
    mask = masks_of(copy, "0002")[0]
    save_labels(mask, np.zeros(size_of(copy, "0002")[::-1]))
    assert found(copy) == [("empty-mask", "warning", as_path(copy, mask))]


def test_a_gray_image_is_a_note(copy):
    path = copy / "images" / "0002.jpg"
    Image.open(str(path)).convert("L").save(str(path))
    assert "images/0002.jpg" in [problem.path for problem in look(copy).problems if problem.check == "gray-image"]
    assert found(copy) == []


def test_files_among_the_masks_that_belong_nowhere_are_warnings(copy):
    save_labels(copy / "annotations" / "0099_01_01.png", np.ones((4, 4)))
    (copy / "annotations" / "0001_1.png").touch()
    (copy / "annotations" / ".DS_Store").touch()
    expected = [("stray-mask", "warning", f"annotations/{name}") for name in ("0001_1.png", "0099_01_01.png")]
    assert found(copy) == expected


def test_masks_of_another_split_are_no_strays(whole):
    assert [problem for problem in look(whole, "test").problems if problem.severity != "note"] == []


def test_an_image_in_both_lists_is_an_error(copy):
    (copy / "test_list.txt").write_text("0009.jpg\n0001.jpg\n0010.jpg\n")
    problem = the_problem(copy)
    assert (problem.check, problem.severity, problem.sample, problem.path) == ("listed-twice", "error", 9, "images/0001.jpg")


def test_one_walk_finds_everything_whatever_the_number_of_jobs(copy):
    cut_short(copy / "images" / "0001.jpg")
    (copy / "images" / "0002.jpg").unlink()
    cut_short(masks_of(copy, "0003")[0])
    for mask in masks_of(copy, "0004"):
        mask.unlink()
    save_labels(masks_of(copy, "0005")[0], np.eye(*size_of(copy, "0005")[::-1]) * 77)
    save_labels(masks_of(copy, "0010")[0], np.zeros(size_of(copy, "0010")[::-1]))
    alone = look(copy, jobs=1)
    checks = [problem.check for problem in alone.problems if problem.severity != "note"]
    assert checks == ["unreadable", "missing-image", "unreadable", "missing-mask", "label-range", "empty-mask"]
    assert alone.count("error") == 5 and alone.count("warning") == 1
    assert look(copy, jobs=4) == alone


def test_an_interruption_returns_what_was_done(whole, monkeypatch):
    monkeypatch.setattr("nanhunt.data.walking.CHUNK", 2)

    def interrupt(done, total):
        assert total == 10
        if done >= 4:
            raise KeyboardInterrupt

    inspection = look(whole, jobs=1, on_progress=interrupt)
    assert not inspection.complete and inspection.images == 4 and inspection.listed == 10
    assert inspection.to_json()["complete"] is False


def test_every_check_has_a_name_of_its_own_and_advice_that_fits_a_line():
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert all(check.advice and len(f"warning {check.name}: {check.advice}") <= 110 for check in CHECKS)


@pytest.mark.parametrize("settings", [Settings(num_class=0), Settings(base_size=2), Settings(crop_size=0)])
def test_settings_that_cannot_work_are_refused(whole, settings):
    with pytest.raises(UsageError, match="--num-class 1 to 256"):
        look(whole, settings=settings)
    with pytest.raises(UsageError, match="--jobs"):
        look(whole, jobs=0)


def test_an_index_is_all_that_inspection_needs(whole):
    assert isinstance(index_dataset("mhp", whole, "val"), MhpIndex)
    assert look(whole, "val").images == 1


def test_a_list_that_names_no_image_is_an_error_although_the_other_list_is_good(copy):
    test_list = copy / "test_list.txt"
    assert test_list.read_text().strip()
    (copy / "train_list.txt").write_text("\n")
    assert ("empty-list", "error", "train_list.txt") in found(copy)


def test_a_pipe_in_place_of_a_file_is_named_and_not_waited_for(whole, tmp_path):
    root = tmp_path / "mhp"
    shutil.copytree(str(whole), str(root))
    for place in ("images/0001.jpg", "annotations/0002_01_01.png"):
        if (root / place).exists():
            (root / place).unlink()
        os.mkfifo(str(root / place))
    named = {problem.path: problem.message for problem in look(root).problems if problem.check == "unreadable"}
    assert named["images/0001.jpg"].endswith("not a regular file")
    assert named["annotations/0002_01_01.png"].endswith("not a regular file")
