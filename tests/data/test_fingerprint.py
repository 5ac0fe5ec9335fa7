"""Perceptual hashes are those of ImageHash, close ones are found without comparing all, and only real copies are twins."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nanhunt.data.datasets import index_dataset
from nanhunt.data.fingerprint import DISTANCE, LOOK, close_pairs, look_of, perceptual_hashes
from nanhunt.data.inspection import inspect
from nanhunt.data.synthetic.scene import draw_scene

BITS = st.integers(0, 2**64 - 1)


def test_hashes_are_those_of_imagehash(whole):
    imagehash = pytest.importorskip("imagehash")
    looks = [look_of(Image.open(str(path))) for path in sorted((whole / "images").iterdir())]
    theirs = [int(str(imagehash.phash(Image.frombytes("L", (LOOK, LOOK), look.levels))), 16) for look in looks]
    assert perceptual_hashes(looks) == theirs and len(set(theirs)) == 10


def test_a_picture_of_one_colour_has_no_hash():
    plain = look_of(Image.new("RGB", (50, 40), (90, 120, 7)))
    assert perceptual_hashes([plain, None]) == [None, None] and perceptual_hashes([]) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(BITS, st.sets(st.integers(0, 63), max_size=12)), max_size=25))
def test_every_close_pair_is_found_and_no_other(seeds):
    hashes = []
    for value, flipped in seeds:
        hashes += [value, value ^ sum(1 << bit for bit in flipped)]
    unique = sorted(set(hashes), key=hashes.index)
    expected = {
        tuple(sorted((hashes.index(a), hashes.index(b))))
        for a in unique
        for b in unique
        if a != b and bin(a ^ b).count("1") <= DISTANCE
    }
    chains = {(hashes.index(value), place) for place, value in enumerate(hashes) if hashes.index(value) != place}
    assert set(close_pairs(hashes)) == expected | chains


def test_one_pair_among_twenty_thousand_is_found():
    hashes = [int(value) for value in np.random.RandomState(0).randint(0, 2**62, 20000)]
    assert close_pairs(hashes + [hashes[7] ^ 0b1011]) == [(7, 20000)]


@pytest.mark.parametrize("scene", [15, 105, 157, 188])
def test_a_copy_of_another_size_is_found_where_averages_over_whole_pixels_miss_it(copy, scene):
    first = Image.fromarray(draw_scene(np.random.RandomState(scene)).image)
    first = first.resize((first.size[0] // 2, first.size[1] // 2), Image.Resampling.BICUBIC)
    first.save(str(copy / "images" / "0001.jpg"), quality=90)
    with Image.open(str(copy / "images" / "0001.jpg")) as opened:
        opened.resize((int(first.size[0] * 0.7), int(first.size[1] * 0.7))).save(str(copy / "images" / "0004.jpg"), quality=75)
    found = inspect(index_dataset("mhp", copy, "all"), jobs=1).problems
    twins = {problem.path for problem in found if problem.check in ("near-duplicate", "leak")}
    assert twins and twins <= {"images/0001.jpg", "images/0004.jpg"}


def test_pictures_with_one_outline_and_other_contents_are_no_twins(copy):
    """Close hashes, but the lower half is another picture."""
    first = Image.open(str(copy / "images" / "0001.jpg")).convert("RGB")
    stream = io.BytesIO()
    other = first.copy()
    half = first.size[0], first.size[1] // 2
    noise = np.random.RandomState(0).randint(0, 255, half[::-1] + (3,)).astype(np.uint8)
    other.paste(Image.fromarray(noise), (0, first.size[1] - half[1]))
    other.save(stream, "JPEG")
    (copy / "images" / "0004.jpg").write_bytes(stream.getvalue())
    found = inspect(index_dataset("mhp", copy, "all"), jobs=1).problems
    assert not {"duplicate", "near-duplicate", "leak"} & {problem.check for problem in found}
