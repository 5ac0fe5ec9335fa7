"""The sentinel's reductions: whatever the shape, dtype, position and value, nothing non-finite is missed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mxnet import nd

from nanhunt.backends.mxnet import collecting, reduction

SHAPES = st.lists(st.integers(1, 6), min_size=1, max_size=5).map(tuple)


def values_of(tensor, plain=False):
    return collecting.read([reduction.reduce(tensor, plain)], [str(tensor.context)])[0]


@settings(max_examples=60, deadline=None)
@given(SHAPES, st.sampled_from(["float16", "float32", "float64"]), st.sampled_from([np.nan, np.inf, -np.inf]), st.data())
def test_one_bad_element_anywhere_makes_the_reduction_non_finite(shape, dtype, value, data):
    array = np.linspace(-3, 3, int(np.prod(shape))).reshape(shape).astype(dtype)
    place = data.draw(st.tuples(*[st.integers(0, n - 1) for n in shape]))
    clean = values_of(nd.array(array, dtype=dtype))
    assert np.isfinite(clean).all()
    array[place] = value
    assert not np.isfinite(values_of(nd.array(array, dtype=dtype))).all()


def test_infinities_of_both_signs_do_not_cancel():
    array = np.zeros((1, 1, 4, 4), "float32")
    array[0, 0, 0, 0], array[0, 0, 3, 3] = np.inf, -np.inf
    assert not np.isfinite(values_of(nd.array(array))).all()


def test_convolution_outputs_are_seen_in_their_own_layout():
    x = nd.random.normal(shape=(2, 16, 12, 12))
    weight = nd.random.normal(shape=(32, 16, 3, 3))
    clean = nd.Convolution(x, weight, no_bias=True, kernel=(3, 3), num_filter=32, pad=(1, 1))
    x[1, 3, 5, 7] = np.nan
    bad = nd.Convolution(x, weight, no_bias=True, kernel=(3, 3), num_filter=32, pad=(1, 1))
    first, second = values_of(clean), values_of(bad)
    assert np.isfinite(first).all() and not np.isfinite(second).all()


def test_many_readings_come_back_in_their_order_with_one_copy_for_each_dtype():
    arrays = [np.full((n,), n, dtype) for n in (1, 2, 3) for dtype in ("float32", "float64")]
    reductions = [reduction.reduce(nd.array(a, dtype=a.dtype)) for a in arrays]
    values = collecting.read(reductions, ["cpu(0)"] * len(arrays))
    assert [float(v[0]) for v in values] == [float((a * a).sum()) for a in arrays]


@pytest.mark.parametrize("dtype, floating", [("float16", True), ("float32", True), ("int32", False), ("uint8", False)])
def test_only_floating_tensors_can_hold_a_nan(dtype, floating):
    assert reduction.is_floating(nd.zeros((2,), dtype=dtype)) is floating
