"""Masks decoded by libspng are those that Pillow decodes, and what Pillow refuses is refused."""

import io
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from nanhunt.data import png
from nanhunt.data.pictures import decode, label_array
from nanhunt.data.png import gray_png, pixels_of
from nanhunt.errors import DataError

pytestmark = pytest.mark.skipif(png.pyspng is None, reason="pyspng (nanhunt's extra png) is not installed")

MASKS = arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40)), elements=st.integers(0, 20))
HOW = st.sampled_from([{}, {"optimize": True}, {"compress_level": 0}, {"compress_level": 1}])


def content_of(picture, **how):
    stream = io.BytesIO()
    picture.save(stream, "PNG", **how)
    return stream.getvalue()


def by_pillow(content):
    """The pixels; None where it refuses."""
    try:
        with Image.open(io.BytesIO(content)) as opened:
            opened.load()
            return np.array(opened)
    except Exception:
        return None


@settings(max_examples=60, deadline=None)
@given(MASKS, HOW)
def test_the_pixels_are_those_of_pillow(mask, how):
    picture = gray_png(io.BytesIO(content_of(Image.fromarray(mask), **how)))
    assert (picture.mode, picture.size, picture.format) == ("L", (mask.shape[1], mask.shape[0]), "PNG")
    assert (np.array(picture) == mask).all()
    assert (pixels_of(picture) == mask).all() and not pixels_of(picture).flags.writeable


@pytest.mark.parametrize("change", ["putpixel", "paste", "thumbnail"])
def test_the_pixels_at_hand_are_not_those_of_a_picture_that_was_changed(change):
    def changed(picture):
        if change == "putpixel":
            picture.putpixel((0, 0), 9)
        elif change == "paste":
            picture.paste(9, (0, 0, 2, 2))
        else:
            picture.thumbnail((5, 5))
        return picture

    mask = np.zeros((10, 10), np.uint8)
    mask[4:, :6] = 3
    picture = changed(gray_png(io.BytesIO(content_of(Image.fromarray(mask)))))
    assert (label_array(picture) == np.array(changed(Image.fromarray(mask.copy())))).all()
    assert pixels_of(picture.crop((2, 2, 4, 4))) is None


@settings(max_examples=400, deadline=None)
@given(MASKS, HOW, st.data())
def test_what_pillow_refuses_is_refused(mask, how, data):
    content = bytearray(content_of(Image.fromarray(mask), **how))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        damage = data.draw(st.sampled_from(["flip", "cut", "lose", "more"]))
        if damage == "flip":
            content[place] ^= 1 << data.draw(st.integers(0, 7))
        elif damage == "cut":
            del content[place + 1 :]
        elif damage == "lose":
            del content[place : place + data.draw(st.integers(1, 4))]
        else:
            content[place:place] = data.draw(st.binary(min_size=1, max_size=4))
        if not content:
            content = bytearray(b"\0")
    file = io.BytesIO(bytes(content))
    picture, expected = gray_png(file), by_pillow(bytes(content))
    if picture is None:
        assert file.tell() == 0
    else:
        assert expected is not None and (np.array(picture) == expected).all()


def chunk(kind, data):
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


@pytest.mark.parametrize("rows", [b"\0" + bytes(4), b"\0" + bytes(3), b"\5" + bytes(4), b""])
def test_too_little_in_a_stream_of_right_checksums_is_damage(rows, tmp_path):
    whole = rows == b"\0" + bytes(4)
    header = (4).to_bytes(4, "big") + (1).to_bytes(4, "big") + b"\x08\0\0\0\0"
    path = tmp_path / "mask.png"
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    if whole:
        assert not np.array(decode(path)).any()
        return
    with pytest.raises(DataError, match="damaged file"):
        decode(path)


@pytest.mark.parametrize("mode", ["1", "P", "RGB", "I;16", "LA"])
def test_any_other_picture_is_left_to_pillow(mode, tmp_path):
    path = tmp_path / "mask.png"
    Image.new(mode, (20, 10)).save(str(path))
    with open(str(path), "rb") as file:
        assert gray_png(file) is None and file.tell() == 0
    assert decode(path).mode == by_pillow_mode(path)


def by_pillow_mode(path):
    with Image.open(str(path)) as opened:
        return opened.mode


def test_what_says_more_than_its_pixels_is_left_to_pillow(tmp_path):
    path = tmp_path / "mask.png"
    Image.new("L", (20, 10)).save(str(path), dpi=(72, 72))
    with open(str(path), "rb") as file:
        assert gray_png(file) is None
    assert decode(path).info["dpi"]


def test_a_picture_too_large_for_pillow_is_left_to_it(monkeypatch):
    content = content_of(Image.new("L", (200, 100)))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200 * 100 - 1)
    assert gray_png(io.BytesIO(content)) is None


def test_a_file_much_larger_than_its_picture_is_left_to_pillow(tmp_path):
    path = tmp_path / "mask.png"
    path.write_bytes(content_of(Image.new("L", (20, 10), 3)) + bytes(1 << 17))
    with open(str(path), "rb") as file:
        assert gray_png(file) is None and file.tell() == 0
    assert (np.array(decode(path)) == 3).all()


def test_without_the_library_pillow_decodes(monkeypatch, tmp_path):
    path = tmp_path / "mask.png"
    path.write_bytes(content_of(Image.fromarray(np.arange(200, dtype=np.uint8).reshape(10, 20))))
    quick = np.array(decode(path))
    monkeypatch.setattr(png, "pyspng", None)
    assert (np.array(decode(path)) == quick).all()
