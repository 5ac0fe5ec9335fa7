"""Reading LV-MHP-v1: which files belong together, how persons are merged, and what each bad file is told."""

import os

import numpy as np
import pytest
from damage import cut_short, masks_of, save_labels
from PIL import Image, ImageFile

from nanhunt.data.datasets import index_dataset, open_dataset
from nanhunt.data.mhp import CLASSES
from nanhunt.errors import DataError, UsageError


def empty_layout(root, train, test=(), masks=()):
    """Names only: an index opens nothing."""
    (root / "images").mkdir(parents=True)
    (root / "annotations").mkdir()
    for name in list(train) + list(test):
        (root / "images" / name).touch()
    for name in masks:
        (root / "annotations" / name).touch()
    (root / "train_list.txt").write_text("".join(f"{name}\n" for name in train))
    (root / "test_list.txt").write_text("".join(f"{name}\n" for name in test))
    return root


def names(first, last):
    return [f"{number:04d}.jpg" for number in range(first, last + 1)]


def test_the_full_dataset_splits_into_3000_1000_and_980(tmp_path):
    root = empty_layout(tmp_path / "mhp", names(1, 4000), names(4001, 4980))
    sizes = {split: index_dataset("mhp", root, split).entries for split in ("train", "val", "test", "all")}
    assert sizes["train"] == tuple(names(1, 3000))
    assert sizes["val"] == tuple(names(3001, 4000))
    assert sizes["test"] == tuple(names(4001, 4980))
    assert sizes["all"] == tuple(names(1, 4980))


@pytest.mark.parametrize("listed, train, val", [(10, 8, 2), (5, 4, 1), (3, 2, 1), (2, 1, 1)])
def test_of_a_small_list_the_last_fifth_validates(tmp_path, listed, train, val):
    root = empty_layout(tmp_path / "mhp", names(1, listed))
    assert index_dataset("mhp", root, "train").entries == tuple(names(1, train))
    assert index_dataset("mhp", root, "val").entries == tuple(names(listed - val + 1, listed))


def test_masks_match_by_the_whole_image_name_and_not_by_its_beginning(tmp_path):
    masks = ["0001_01_01.png", "00010_02_02.png", "00010_02_01.png", "0001_2_02_01.png", "0001_x_01.png", ".0001_01_01.png"]
    root = empty_layout(tmp_path / "mhp", ["0001.jpg", "00010.jpg", "0001_2.jpg"], masks=masks)
    index = index_dataset("mhp", root, "all")
    found = [[mask.path.split("/")[1] for mask in index.masks(position)] for position in range(3)]
    assert found == [["0001_01_01.png"], ["00010_02_01.png", "00010_02_02.png"], ["0001_2_02_01.png"]]
    assert index.misnamed == ("0001_x_01.png",)


def test_persons_are_put_in_order_by_number(tmp_path):
    masks = [f"0001_11_{person:02d}.png" for person in (10, 2, 11, 1, 9, 3, 8, 4, 7, 5, 6)]
    index = index_dataset("mhp", empty_layout(tmp_path / "mhp", ["0001.jpg"], masks=masks), "all")
    assert [mask.person for mask in index.masks(0)] == list(range(1, 12))


def test_each_folder_is_listed_once_however_many_images_there_are(tmp_path, monkeypatch):
    masks = [f"{number:04d}_01_01.png" for number in range(1, 301)]
    root = empty_layout(tmp_path / "mhp", names(1, 300), masks=masks)
    listed = []
    listdir = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path=".": listed.append(os.path.basename(str(path))) or listdir(path))
    dataset = open_dataset("mhp", root, "all")
    assert len(dataset) == 300
    assert sorted(listed) == ["annotations", "images"]


def test_list_files_may_have_windows_line_ends_blank_lines_and_spaces(tmp_path):
    root = empty_layout(tmp_path / "mhp", ["0001.jpg", "0002.jpg"], masks=["0001_01_01.png", "0002_01_01.png"])
    (root / "train_list.txt").write_bytes(b"\xef\xbb\xbf 0001.jpg \r\n\r\n\t0002.jpg\r\n\r\n")
    assert index_dataset("mhp", root, "all").entries == ("0001.jpg", "0002.jpg")


def test_a_sample_is_rgb_bytes_and_class_ids(whole):
    dataset = open_dataset("mhp", whole, "all")
    assert dataset.classes == CLASSES and len(CLASSES) == 19
    for position in range(len(dataset)):
        raw = dataset.read(position)
        assert raw.image.dtype == np.uint8 and raw.image.shape == raw.mask.shape + (3,)
        assert raw.mask.dtype == np.int32 and raw.mask.min() >= 0 and raw.mask.max() <= 18
        assert raw.index == position and raw.path == dataset.image_path(position)
        assert list(raw.mask_paths) == masks_of(whole, raw.path.stem)


def test_where_persons_overlap_the_first_one_wins(copy):
    raw = open_dataset("mhp", copy, "all").read(0)
    first = np.zeros(raw.mask.shape)
    first[:40, :40] = 3
    second = np.zeros(raw.mask.shape)
    second[20:60, 20:60] = 7
    for path in masks_of(copy, "0001"):
        path.unlink()
    save_labels(copy / "annotations" / "0001_02_02.png", second)
    save_labels(copy / "annotations" / "0001_02_01.png", first)
    mask = open_dataset("mhp", copy, "all").read(0).mask
    assert (mask[:40, :40] == 3).all()
    assert (mask[40:60, 40:60] == 7).all() and (mask[20:40, 40:60] == 7).all()


def test_a_gray_image_gets_three_equal_channels(copy):
    path = copy / "images" / "0001.jpg"
    with Image.open(str(path)) as image:
        image.convert("L").save(str(path))
    image = open_dataset("mhp", copy, "all").read(0).image
    assert image.shape[2] == 3
    assert (image[..., 0] == image[..., 1]).all() and (image[..., 0] == image[..., 2]).all()


def test_an_unknown_dataset_is_told_the_known_ones():
    with pytest.raises(UsageError, match="mhp, mhpv1, synthetic-mhp, folder, voc, .*'imagenet'"):
        open_dataset("imagenet")


def test_an_unknown_split_is_told_the_known_ones(whole):
    with pytest.raises(UsageError, match="train, val, test, all.*'trian'"):
        open_dataset("mhp", whole, "trian")


@pytest.mark.parametrize("missing", ["images", "annotations", "train_list.txt"])
def test_a_folder_without_a_part_of_the_layout_is_told_which(copy, missing):
    (copy / missing).rename(copy / "elsewhere")
    with pytest.raises(UsageError, match=f"found no {missing}.*--data-root"):
        open_dataset("mhp", copy)


def test_no_folder_at_all_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no such folder.*synthetic-mhp"):
        open_dataset("mhp", tmp_path / "nowhere")


def test_an_empty_list_is_named(copy):
    (copy / "train_list.txt").write_text("\n\n")
    with pytest.raises(DataError, match="train_list.txt, found none"):
        open_dataset("mhp", copy)


def test_an_image_without_masks_is_named_before_training_begins(copy):
    for path in masks_of(copy, "0003"):
        path.unlink()
    with pytest.raises(DataError, match="found none for 0003.jpg;.*inspect-data"):
        open_dataset("mhp", copy)
    assert len(open_dataset("mhp", copy, "test")) == 2


def test_listed_images_that_are_missing_are_named_and_counted(copy):
    (copy / "images" / "0002.jpg").unlink()
    (copy / "images" / "0004.jpg").unlink()
    with pytest.raises(DataError, match="0002.jpg and 1 more"):
        open_dataset("mhp", copy)


@pytest.mark.parametrize("tolerant", [False, True])
def test_a_truncated_image_is_refused_even_after_gluoncv_made_pillow_tolerant(copy, monkeypatch, tolerant):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", tolerant)
    cut_short(copy / "images" / "0001.jpg")
    with pytest.raises(DataError, match="0001.jpg, found a damaged file .*truncated.*inspect-data"):
        open_dataset("mhp", copy).read(0)
    assert tolerant == ImageFile.LOAD_TRUNCATED_IMAGES


@pytest.mark.parametrize("content", [b"", b"not a picture at all"])
def test_a_mask_that_is_no_picture_is_named(copy, content):
    mask = masks_of(copy, "0001")[0]
    mask.write_bytes(content)
    with pytest.raises(DataError, match=f"{mask.name}, found a damaged file"):
        open_dataset("mhp", copy).read(0)


def test_a_truncated_mask_is_named(copy):
    mask = masks_of(copy, "0001")[-1]
    cut_short(mask)
    with pytest.raises(DataError, match=f"{mask.name}, found a damaged file"):
        open_dataset("mhp", copy).read(0)


def test_a_label_out_of_range_is_named_with_its_value_even_below_another_person(copy):
    raw = open_dataset("mhp", copy).read(0)
    for path in masks_of(copy, "0001"):
        path.unlink()
    covered = np.zeros(raw.mask.shape)
    covered[5, 5] = 23
    save_labels(copy / "annotations" / "0001_02_01.png", np.ones(raw.mask.shape))
    save_labels(copy / "annotations" / "0001_02_02.png", covered)
    with pytest.raises(DataError, match="labels 0..18 in .*0001_02_02.png, found 23"):
        open_dataset("mhp", copy).read(0)


def test_label_18_is_refused_with_18_classes_as_gluoncv_has_them(copy):
    raw = open_dataset("mhp", copy).read(0)
    save_labels(masks_of(copy, "0001")[0], np.full(raw.mask.shape, 18))
    assert open_dataset("mhp", copy, num_class=19).read(0).mask.max() == 18
    with pytest.raises(DataError, match="labels 0..17 .*found 18; .*--num-class"):
        open_dataset("mhp", copy, num_class=18).read(0)


def test_a_mask_of_another_size_is_named_with_both_sizes(copy):
    raw = open_dataset("mhp", copy).read(0)
    height, width = raw.mask.shape
    mask = masks_of(copy, "0001")[0]
    save_labels(mask, np.zeros((height, width + 1)))
    with pytest.raises(DataError, match=f"{mask.name} to be {width}x{height} .*found {width + 1}x{height}"):
        open_dataset("mhp", copy).read(0)


def test_a_mask_in_colour_is_refused(copy):
    mask = masks_of(copy, "0001")[0]
    with Image.open(str(mask)) as labels:
        labels.convert("RGB").save(str(mask))
    with pytest.raises(DataError, match=f"one channel in .*{mask.name}, found Pillow mode RGB"):
        open_dataset("mhp", copy).read(0)


def test_an_image_of_16_bits_is_refused_instead_of_clipped(copy):
    deep = np.full((60, 80), 40000, dtype=np.uint16)
    Image.fromarray(deep).save(str(copy / "images" / "0001.jpg"), format="PNG")
    with pytest.raises(DataError, match="8-bit image in .*0001.jpg, found Pillow mode I"):
        open_dataset("mhp", copy).read(0)


def test_the_sample_photographs_train(shared_photos):
    train, val = open_dataset("mhp", shared_photos, "train"), open_dataset("mhp", shared_photos, "val")
    assert len(train) > 0 and len(val) > 0
    for dataset in (train, val):
        for position in range(len(dataset)):
            assert dataset.read(position).mask.max() > 0
