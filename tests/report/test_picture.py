"""Which pixels are marked: an image of ones with a black block, an operator that is 0 there and only there, and its log."""

import base64
import io

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, nd
from PIL import Image

import nanhunt
from nanhunt.backends.base import load
from nanhunt.dump.reader import DumpReader
from nanhunt.errors import NonFiniteError
from nanhunt.replay.explain import explain
from nanhunt.report.picture import draw

HEIGHT, WIDTH = 32, 48
ROWS, COLUMNS = slice(10, 26), slice(20, 40)
"""The black block."""


def conv(x, kernel=3, stride=1, pad=1, dilate=1):
    weight = nd.ones((2, x.shape[1], kernel, kernel))
    return nd.Convolution(
        x, weight, kernel=(kernel,) * 2, stride=(stride,) * 2, pad=(pad,) * 2, dilate=(dilate,) * 2, num_filter=2, no_bias=True
    )


def deconv(x):
    return nd.Deconvolution(
        x, nd.ones((x.shape[1], 2, 4, 4)), kernel=(4, 4), stride=(2, 2), pad=(1, 1), num_filter=2, no_bias=True
    )


def pool(x, kind="avg", **more):
    return nd.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type=kind, **more)


MAPPED = {
    "as it is": lambda x: x,
    "same size": conv,
    "dilated": lambda x: conv(x, pad=2, dilate=2),
    "a quarter": lambda x: conv(conv(x, stride=2), stride=2),
    "pooled": lambda x: pool(pool(x), "max"),
    "without padding": lambda x: conv(conv(x, pad=0), 5, pad=0),
    "up again": lambda x: nd.UpSampling(pool(x), scale=2, sample_type="nearest"),
    "transposed convolution": lambda x: deconv(conv(x, stride=2)),
    "bilinear": lambda x: nd.contrib.BilinearResize2D(pool(x), height=HEIGHT, width=WIDTH),
    "cut out": lambda x: x[:, :, 7:, 11:45],
    "cut out, then smaller": lambda x: conv(nd.slice_axis(x, axis=3, begin=9, end=45), stride=2),
    "cropped": lambda x: nd.Crop(x, offset=(6, 12), h_w=(24, 32)),
    "padded": lambda x: nd.pad(x, mode="constant", pad_width=(0, 0, 0, 0, 5, 5, 3, 3), constant_value=1),
    "channels last": lambda x: nd.transpose(conv(x, stride=2), (0, 2, 3, 1)),
    "axes swapped": lambda x: nd.SwapAxis(x, dim1=2, dim2=3),
    "channels added up": lambda x: conv(x).sum(axis=1),
    "channels kept": lambda x: conv(x).sum(axis=1, keepdims=True),
    "one more axis": lambda x: nd.expand_dims(conv(x), axis=1),
    "two scales": lambda x: nd.concat(x, nd.UpSampling(pool(x), scale=2, sample_type="nearest"), dim=1),
}


def explained(tmp_path, made, image, device="cpu(0)", **inputs):
    """The dump of the log of what `made` makes of the image times a parameter of 1."""
    context = mx.cpu(int(device[4:-1]))
    weight = nd.ones((1,), ctx=context)
    weight.attach_grad()
    data = nd.array(image, ctx=context)
    with pytest.raises(NonFiniteError) as caught:
        with nanhunt.watch(dump_dir=tmp_path, explain=False) as hunt:
            hunt.next_batch({device: dict(data=data, **{name: nd.array(each, ctx=context) for name, each in inputs.items()})})
            with autograd.record():
                loss = nd.log(made(nd.broadcast_mul(data, weight))).mean()
            loss.backward()
            hunt.check()
    return caught.value.dump


def pictured(dump):
    with DumpReader(dump, guard=False) as reader:
        explanation = explain(reader.record, load())
        return draw(reader.record, explanation.finding.producer, explanation)


def marked(picture):
    pixels = Image.open(io.BytesIO(base64.b64decode(picture.marks.partition(",")[2])))
    return np.asarray(pixels)[..., 3] > 0


def with_block(rows=2, row=1):
    image = np.ones((rows, 3, HEIGHT, WIDTH), "float32")
    image[row, :, ROWS, COLUMNS] = 0
    return image


def check(picture):
    """All marks are within the block, around its middle, and on more than a sixth of it."""
    bad = marked(picture)
    assert bad.shape == (HEIGHT, WIDTH) and int(bad.sum()) == picture.bad
    outside = bad.copy()
    outside[ROWS, COLUMNS] = False
    assert not outside.any(), "marked outside: %s" % np.argwhere(outside)[:3]
    assert bad[ROWS, COLUMNS].mean() > 1 / 6
    middle = np.argwhere(bad).mean(axis=0)
    assert abs(middle[0] - 17.5) <= 2 and abs(middle[1] - 29.5) <= 2


@pytest.mark.parametrize("made", MAPPED.values(), ids=MAPPED.keys())
def test_bad_places_lie_where_the_image_made_them(tmp_path, made):
    picture, why = pictured(explained(tmp_path, made, with_block()))
    assert picture is not None, why
    check(picture)
    assert picture.size == (WIDTH, HEIGHT)


def test_images_with_channels_last(tmp_path):
    picture, why = pictured(
        explained(tmp_path, lambda x: conv(nd.transpose(x, (0, 3, 1, 2)), stride=2), with_block().transpose(0, 2, 3, 1))
    )
    assert picture is not None, why
    check(picture)


@pytest.mark.parametrize("row", [0, 2])
def test_the_row_and_the_device_of_the_offending_sample(tmp_path, row):
    image = with_block(3, row)
    label = np.zeros((3, HEIGHT, WIDTH), "float32")
    label[row, :4] = 5
    dump = explained(tmp_path, conv, image, "cpu(1)", label=label)
    picture, _ = pictured(dump)
    check(picture)
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.label.partition(",")[2]))))[..., 3] > 0
    assert shown[:4].all() and not shown[4:].any()


def test_a_black_image_is_bad_as_a_whole(tmp_path):
    image = np.ones((2, 3, HEIGHT, WIDTH), "float32")
    image[1] = 0
    picture, _ = pictured(explained(tmp_path, lambda x: pool(conv(x, stride=2), global_pool=True), image))
    assert marked(picture).all() and "whole picture" in picture.note


def test_pixels_that_came_in_bad_are_all_marked_with_and_without_a_replay(tmp_path):
    image = np.ones((2, 3, HEIGHT, WIDTH), "float32")
    image[1, 2, ROWS, COLUMNS] = np.nan
    dump = explained(tmp_path, lambda x: x, image)
    picture, _ = pictured(dump)
    assert picture.bad == 16 * 20 and marked(picture)[ROWS, COLUMNS].all()


@pytest.mark.parametrize(
    "made",
    [
        lambda x: nd.dot(x.reshape((2, -1)), nd.zeros((3 * HEIGHT * WIDTH, 4))),
        lambda x: nd.FullyConnected(x, nd.zeros((7, 3 * HEIGHT * WIDTH)), num_hidden=7, no_bias=True),
        lambda x: nd.Reshape(x * 0, shape=(2, WIDTH, -1)),
    ],
    ids=["dot", "dense", "reshaped"],
)
def test_what_has_no_height_and_width_has_no_map_and_says_so(tmp_path, made):
    picture, _ = pictured(explained(tmp_path, made, with_block()))
    assert picture.marks is None and "no height and width" in picture.note


def test_what_is_no_image_has_no_picture_and_says_why(tmp_path):
    dump = explained(tmp_path, lambda x: x * 0, np.ones((2, 7), "float32"))
    picture, why = pictured(dump)
    assert picture is None and "no images" in why


@pytest.mark.parametrize("channel", [(), (1,)])
def test_a_map_of_the_image_s_size_that_came_in_beside_it(tmp_path, channel):
    image, depth = nd.ones((2, 3, HEIGHT, WIDTH)), np.ones((2, *channel, HEIGHT, WIDTH), "float32")
    depth[1, ..., ROWS, COLUMNS] = 0
    weight, depth = nd.ones((1,)), nd.array(depth)
    weight.attach_grad()
    with pytest.raises(NonFiniteError) as caught:
        with nanhunt.watch(dump_dir=tmp_path, explain=False) as hunt:
            hunt.next_batch({"cpu(0)": {"data": image, "depth": depth}})
            with autograd.record():
                loss = nd.broadcast_mul(image, weight).mean() + nd.log(nd.broadcast_mul(depth, weight)).mean()
            loss.backward()
            hunt.check()
    picture, _ = pictured(caught.value.dump)
    check(picture)
    assert picture.note == "Each bad place is a pixel."
