"""The steps of LV-MHP-v1's pipeline: overlaps, borders, gray images, resolution; image and mask always by the same map."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from damage import masks_of, save_labels
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from nanhunt.data import gray, listing
from nanhunt.data.choices import OVERLAPS, RESIZES, boundary_width
from nanhunt.data.datasets import index_dataset
from nanhunt.data.gray import Chroma, is_gray, mean_chroma, tinted
from nanhunt.data.index import IGNORE
from nanhunt.data.merging import merge, near_a_border
from nanhunt.data.reading import IndexedDataset, Steps
from nanhunt.data.samples import RawSample
from nanhunt.data.transform import MEAN, STD, TrainTransform, ValTransform
from nanhunt.errors import DataError, UsageError


@pytest.fixture
def caches(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def three_persons():
    """One person covers columns 0..3, the second 2..5, the third column 3 alone, in rows of six pixels."""
    masks = np.zeros((3, 4, 6), np.int32)
    masks[0, :, 0:4], masks[1, :, 2:6], masks[2, :, 3] = 4, 7, 9
    return list(masks)


@pytest.mark.parametrize(
    "overlap, row", [("first", [4, 4, 4, 4, 7, 7]), ("last", [4, 4, 7, 9, 7, 7]), ("smaller-on-top", [4, 4, 4, 9, 7, 7])]
)
def test_a_pixel_of_several_persons_belongs_to_the_one_that_the_policy_names(overlap, row):
    masks = three_persons()
    copies = [each.copy() for each in masks]
    assert (merge(masks, overlap) == row).all()
    assert all((mask == copy).all() for mask, copy in zip(masks, copies))


@pytest.mark.parametrize("overlap", OVERLAPS)
def test_where_nobody_overlaps_the_policies_agree(overlap):
    masks = [np.array([[1, 0, 0]]), np.array([[0, 0, 5]])]
    assert merge(masks, overlap).tolist() == [[1, 0, 5]]


def test_disputed_pixels_and_those_at_borders_are_left_out():
    assert merge(three_persons(), "first", 1)[0].tolist() == [4, 4, IGNORE, IGNORE, IGNORE, 7]
    assert merge([np.array([[1, 1, 1, 1, 2, 2, 2, 2]])], "first", 2).tolist() == [[1, 1] + [IGNORE] * 4 + [2, 2]]


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
@settings(deadline=None, max_examples=30)
def test_a_border_is_where_another_label_is_within_its_width(seed, width):
    draw = np.random.RandomState(seed)
    labels = np.repeat(np.repeat(draw.randint(-1, 3, (4, 4)), 3, 0), 3, 1).astype(np.int32)
    expected = np.zeros(labels.shape, bool)
    for y, x in np.ndindex(*labels.shape):
        window = labels[max(0, y - width) : y + width + 1, max(0, x - width) : x + width + 1]
        expected[y, x] = labels[y, x] != IGNORE and len(set(window[window != IGNORE])) > 1
    assert (near_a_border(labels, width) == expected).all()


def test_boundary_is_keep_or_ignore_with_a_width():
    assert [boundary_width(text) for text in ("keep", "ignore", "ignore:5")] == [0, 1, 5]
    for wrong in ("", "ignore:", "ignore:0", "ignore:x", "ignore:65", "keep:2", "drop"):
        with pytest.raises(UsageError, match="--boundary keep, ignore or ignore:WIDTH"):
            boundary_width(wrong)


def test_a_dataset_takes_the_steps_it_is_given(copy):
    first, second = np.zeros((2, *IndexedDataset(index_dataset("mhp", copy)).read(0).mask.shape))
    first[:40, :40], second[20:60, 20:60] = 3, 7
    for path in masks_of(copy, "0001"):
        path.unlink()
    save_labels(copy / "annotations" / "0001_02_02.png", second)
    save_labels(copy / "annotations" / "0001_02_01.png", first)
    index = index_dataset("mhp", copy)
    assert IndexedDataset(index, steps=Steps(overlap="last")).read(0).mask[30, 30] == 7
    assert IndexedDataset(index, steps=Steps(boundary=2)).read(0).mask[41, 10] == IGNORE


def test_gray_is_one_channel_or_three_equal_ones():
    flat = Image.new("L", (4, 4), 90)
    assert is_gray(flat) and is_gray(flat.convert("RGB")) and is_gray(flat.convert("LA"))
    assert not is_gray(Image.new("RGB", (4, 4), (90, 91, 90)))


def test_a_gray_image_gets_the_chroma_and_keeps_its_luma():
    luma = Image.fromarray(np.arange(60, 190, dtype=np.uint8).reshape(13, 10))
    planes = np.array(tinted(luma.convert("RGB"), Chroma(110, 140)).convert("YCbCr")).astype(int)
    assert np.abs(planes[..., 0] - np.array(luma)).max() <= 1
    assert np.abs(planes[..., 1] - 110).max() <= 1 and np.abs(planes[..., 2] - 140).max() <= 1


def test_the_mean_chroma_is_that_of_the_colour_images_and_is_kept_until_a_file_changes(copy, caches, monkeypatch):
    images = sorted((copy / "images").iterdir())
    for number, path in enumerate(images):
        colours = [(200, 80, 40), (60, 60, 60), (40, 90, 210)]
        Image.new("RGB", (64, 48), colours[number % 3]).save(str(path), quality=95)
    index = index_dataset("mhp", copy, "all")
    coloured = [np.array(Image.new("RGB", (1, 1), colours[n % 3]).convert("YCbCr"))[0, 0, 1:] for n in range(10) if n % 3 != 1]
    expected = np.mean(coloured, axis=0)
    found = mean_chroma(index, jobs=2)
    assert np.abs(np.array(found) - expected).max() <= 1.5
    opened = []
    monkeypatch.setattr(gray, "_chroma_of", lambda path: opened.append(path))
    assert mean_chroma(index) == found and not opened
    images[0].write_bytes(images[1].read_bytes())
    with pytest.raises(DataError, match="colour images .*--gray replicate"):
        mean_chroma(index)
    assert len(opened) == 10


def test_with_chroma_gray_images_are_coloured_and_others_are_not(copy):
    path = copy / "images" / "0001.jpg"
    with Image.open(str(path)) as image:
        image.convert("L").save(str(path))
    index = index_dataset("mhp", copy)
    plain, coloured = IndexedDataset(index), IndexedDataset(index, steps=Steps(Chroma(100, 150)))
    assert (plain.read(0).image[..., 0] == plain.read(0).image[..., 2]).all()
    assert (coloured.read(0).image[..., 0] != coloured.read(0).image[..., 2]).any()
    assert (plain.read(1).image == coloured.read(1).image).all()


def encoded(height, width):
    """An image whose red and green say column and row, and a mask of 8 x 8 fields that says the same; blue is 255."""
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    image = np.stack([20 + 230 * x, 20 + 230 * y, np.full(x.shape, 255)], 2).round().astype(np.uint8)
    return RawSample(image, ((8 * x).astype(np.int32) + 8 * (8 * y).astype(np.int32)), 0, None, (), IGNORE)


@given(
    st.integers(60, 200),
    st.integers(60, 200),
    st.integers(0, 10**6),
    st.sampled_from([(how, crop) for how in RESIZES for crop in (True, False) if crop or how in ("direct", "aspect")]),
    st.booleans(),
)
@example(150, 60, 1, ("aspect", True), True)  # the crop lay in the padding
@settings(deadline=None, max_examples=60)
def test_image_and_mask_go_by_the_same_map_whatever_the_options(height, width, seed, options, training):
    raw = encoded(height, width)
    transform = (TrainTransform if training else ValTransform)(96, 80, *options)
    draws = dict(transform.draw(raw, seed, 0), blur=0.0) if training else {}
    data, label = transform.apply(raw, draws)
    red, green, blue = ((data[channel] * STD[channel] + MEAN[channel]) * 255 for channel in range(3))
    assert label.shape == (80, 80)
    assert (label[blue < 1] == IGNORE).all()
    inside = (blue > 254) & (label != IGNORE)
    assert inside.any() and (label == IGNORE).sum() <= (blue < 254).sum()
    for ramp, field in ((red, label % 8), (green, label // 8)):
        away = np.abs((ramp - 20) / 230 * 8 - (field + 0.5))[inside]  # in fields; 0.5 is a field's edge
        assert away.max() < 0.9


@pytest.mark.parametrize(
    "how, crop, size", [("direct", True, 96), ("aspect", True, 96), ("direct", False, 80), ("aspect", False, 80)]
)
def test_squares_are_whole_pictures(how, crop, size):
    raw = encoded(60, 120)
    transform = ValTransform(96, 80, how, crop)
    image, mask = transform._aligned(raw)
    assert image.size == mask.size == (size, size)
    beyond = np.array(mask)[size // 2 + 1 :]
    assert (beyond == 255).all() == (how == "aspect")


def test_a_picture_too_narrow_to_be_scaled_is_named():
    raw = replace(encoded(2, 400), path=Path("images/0001.jpg"))
    with pytest.raises(DataError, match="found images/0001.jpg of 400x2, to be scaled to 40x0; .*--skip"):
        TrainTransform(80, 32, "none").apply(raw, {"mirror": 0, "long_size": 40, "x": 0, "y": 0, "blur": 0.0})


def test_without_cutting_nothing_is_scaled_at_random():
    draws = TrainTransform(96, 80, "direct", crop=False).draw(encoded(60, 120), 0, 0)
    assert set(draws) == {"mirror", "blur"}
    for how in ("short-side", "none"):
        with pytest.raises(UsageError, match="--resize direct or aspect with --no-crop"):
            TrainTransform(96, 80, how, crop=False)
    with pytest.raises(UsageError, match="--resize out of"):
        TrainTransform(96, 80, "stretch")


@pytest.fixture
def listed(tmp_path, caches, monkeypatch):
    monkeypatch.setattr(listing, "LARGE", 3)
    monkeypatch.setattr(listing, "SETTLED", -1.0)
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.png").touch()
    return folder


def test_a_kept_listing_is_used_until_the_folder_changes(listed, monkeypatch):
    said = []
    names = listing.list_folder(listed, said.append)
    with monkeypatch.context() as patch:
        patch.setattr(listing.os, "listdir", lambda path: pytest.fail("listed again"))
        assert listing.list_folder(listed, said.append) == names and said == []
    for change in ((listed / "new.png").touch, (listed / "0.png").unlink, lambda: (listed / "1.png").rename(listed / "x.png")):
        before = listed.stat().st_mtime_ns
        change()
        while listed.stat().st_mtime_ns == before:  # within the grain of the clock, for which SETTLED stands
            (listed / ".tick").touch()
            (listed / ".tick").unlink()
        assert sorted(listing.list_folder(listed, said.append)) == sorted(path.name for path in listed.iterdir())
    assert len(said) == 3 and "has changed since it was last listed (5 names then, 6 now)" in said[0]


def test_a_folder_that_has_just_changed_and_a_small_one_are_not_kept(listed, monkeypatch):
    monkeypatch.setattr(listing, "SETTLED", 3.0)
    listing.list_folder(listed)
    (listed / "new.png").touch()
    assert len(listing.list_folder(listed)) == 6
    monkeypatch.setattr(listing, "SETTLED", -1.0)
    monkeypatch.setattr(listing, "LARGE", 100)
    said = []
    listing.list_folder(listed)
    (listed / "another.png").touch()
    assert len(listing.list_folder(listed, said.append)) == 7 and said == []


def test_where_nothing_can_be_kept_folders_are_listed_all_the_same(listed, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert len(listing.list_folder(listed)) == 5
