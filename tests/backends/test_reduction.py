"""The sentinel's reductions: whatever the shape, dtype, layout, position and value, nothing non-finite is missed."""

import mxnet as mx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mxnet import autograd, nd

from nanhunt.backends.mxnet import collecting, reduction

SHAPES = st.one_of(
    st.lists(st.integers(1, 6), min_size=1, max_size=5).map(tuple),
    # Whole blocks of channels, half blocks, and what cannot be divided.
    st.tuples(st.integers(1, 3), st.sampled_from([1, 3, 8, 16, 24, 32, 33]), st.integers(1, 5), st.integers(1, 5)),
)
BAD = st.sampled_from([np.nan, np.inf, -np.inf])
CHANNELS = st.sampled_from([1, 3, 8, 16, 20, 24, 32])


def values_of(tensor, plain=False):
    return collecting.read([reduction.reduce(tensor, plain)])[0]


def anywhere(data, shape):
    return data.draw(st.tuples(*[st.integers(0, n - 1) for n in shape]))


def ramp(shape, dtype):
    return np.linspace(-3, 3, int(np.prod(shape))).reshape(shape).astype(dtype)


@settings(max_examples=150, deadline=None)
@given(SHAPES, st.sampled_from(["float16", "float32", "float64"]), BAD, st.booleans(), st.data())
def test_one_bad_element_anywhere_makes_the_reduction_non_finite(shape, dtype, value, plain, data):
    array = ramp(shape, dtype)
    assert np.isfinite(values_of(nd.array(array, dtype=dtype), plain)).all()
    array[anywhere(data, shape)] = value
    assert not np.isfinite(values_of(nd.array(array, dtype=dtype), plain)).all()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["Convolution", "BatchNorm", "relu", "Pooling", "add"]),
    CHANNELS,
    CHANNELS,
    st.integers(1, 3),
    st.integers(2, 9),
    BAD,
    st.booleans(),
    st.data(),
)
def test_it_is_seen_in_whatever_layout_an_operator_left_it(op, channels, filters, batch, size, value, plain, data):
    shape = (batch, channels, size, size)
    clean, weight = ramp(shape, "float32"), ramp((filters, channels, 1, 1), "float32") + 4.0
    bad = clean.copy()
    bad[anywhere(data, shape)] = value
    for array, finite in ((clean, True), (bad, False)):
        with autograd.train_mode():
            made = laid_out(op, nd.array(array), nd.array(weight))
        if np.isfinite(made.asnumpy()).all() is not np.bool_(finite):
            continue  # the operator itself swallowed it: relu drops NaN, and -inf, in some versions
        with autograd.train_mode():
            made = laid_out(op, nd.array(array), nd.array(weight))  # as it was laid out: reading it has put it in order
        assert np.isfinite(values_of(made, plain)).all() == finite


def laid_out(op, x, weight):
    filters = weight.shape[0]
    made = nd.Convolution(x, weight, no_bias=True, kernel=(1, 1), num_filter=filters)
    ones, zeros = nd.ones((filters,)), nd.zeros((filters,))
    if op == "BatchNorm":
        return nd.BatchNorm(made, ones, zeros, zeros.copy(), ones.copy(), fix_gamma=False)[0]
    if op == "relu":
        return nd.Activation(made, act_type="relu")
    if op == "Pooling":
        return nd.Pooling(made, kernel=(2, 2), pool_type="avg")
    return made + made if op == "add" else made


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(SHAPES, st.sampled_from(["float16", "float32", "float64"])), min_size=1, max_size=9), BAD, st.data())
def test_arrays_that_stand_are_told_apart(described, value, data):
    for dtype in {dtype for _, dtype in described}:
        arrays = [ramp(shape, dtype) for shape, each in described if each == dtype]
        tensors = [nd.array(array, dtype=dtype) for array in arrays]
        standing = reduction.SumsOfSquares(tensors)
        alone = [values_of(each, plain=True) for each in tensors]
        assert standing.reduce().asnumpy().tobytes() == np.concatenate(alone).tobytes()
        which = data.draw(st.integers(0, len(arrays) - 1))
        arrays[which][anywhere(data, arrays[which].shape)] = value
        tensors[which][:] = nd.array(arrays[which], dtype=dtype)  # in place, as an update does
        assert np.flatnonzero(~np.isfinite(standing.reduce().asnumpy())).tolist() == [which]


@settings(max_examples=40, deadline=None)
@given(st.lists(SHAPES, min_size=1, max_size=150), BAD, st.data())
def test_of_many_that_are_read_at_once_only_the_bad_one_is(shapes, value, data):
    arrays = [ramp(shape, "float32") for shape in shapes]
    which = data.draw(st.integers(0, len(arrays) - 1))
    arrays[which][anywhere(data, shapes[which])] = value
    collector = collecting.MXNetCollector()
    for _ in range(2):  # the second time with what the first has compiled
        collector.reset()
        numbers = [collector.add(reduction.reduce(nd.array(each))) for each in arrays]
        values = collector.read()
        assert not values.finite
        assert [number for number in numbers if not np.isfinite(values[number]).all()] == [numbers[which]]


@pytest.mark.parametrize("dtype, value", [("float32", np.nan), ("float32", -np.inf), ("float16", np.inf)])
def test_one_bad_element_among_a_hundred_million(dtype, value):
    tensor = nd.ones((10**8,), dtype=dtype)
    standing = reduction.SumsOfSquares([tensor])
    assert np.isfinite(values_of(tensor)).all() and np.isfinite(standing.reduce().asnumpy()).all()
    tensor[87_654_321] = value
    assert not np.isfinite(values_of(tensor)).any()
    assert not np.isfinite(standing.reduce().asnumpy()).any()


def test_one_bad_element_among_a_hundred_million_of_an_activation():
    tensor = nd.ones((1, 64, 1250, 1250))
    assert np.isfinite(values_of(tensor)).all()
    tensor[0, 41, 999, 3] = np.nan
    assert np.flatnonzero(~np.isfinite(values_of(tensor))).tolist() == [41]


def test_infinities_of_both_signs_do_not_cancel():
    array = np.zeros((1, 8, 4, 4), "float32")
    array[0, 0, 0, 0], array[0, 0, 3, 3] = np.inf, -np.inf
    assert not np.isfinite(values_of(nd.array(array))).all()
    assert not np.isfinite(values_of(nd.array(array), plain=True)).all()


@pytest.mark.parametrize("rows", [[], [2], [0, 3]])
def test_of_a_sparse_array_the_rows_that_it_has_are_read(rows):
    """A gradient of an embedding that nothing was looked up in has none."""
    bad = np.ones((len(rows), 3), "float32")
    good = nd.sparse.row_sparse_array((nd.array(bad), rows), shape=(4, 3)) if rows else nd.sparse.zeros("row_sparse", (4, 3))
    assert values_of(good, plain=True).tolist() == [3.0 * len(rows)]
    if rows:
        bad[-1, 1] = np.nan
        array = nd.sparse.row_sparse_array((nd.array(bad), rows), shape=(4, 3))
        assert not np.isfinite(values_of(array, plain=True)).any()


def test_pinned_memory_is_read_apart():
    tensors = [nd.ones((3,), ctx=ctx) for ctx in (mx.cpu(), mx.cpu_pinned(), mx.cpu(1), mx.cpu_pinned())]
    values = collecting.read([reduction.reduce(each) for each in tensors])
    assert [each.tolist() for each in values] == [[3.0]] * 4


def test_many_readings_come_back_in_their_order_with_one_copy_for_each_dtype():
    arrays = [np.full((n,), n, dtype) for n in (1, 2, 3) for dtype in ("float32", "float64")]
    reductions = [reduction.reduce(nd.array(a, dtype=a.dtype)) for a in arrays]
    values = collecting.read(reductions)
    assert [float(v[0]) for v in values] == [float((a * a).sum()) for a in arrays]


@pytest.mark.parametrize("dtype, floating", [("float16", True), ("float32", True), ("int32", False), ("uint8", False)])
def test_only_floating_tensors_can_hold_a_nan(dtype, floating):
    assert reduction.is_floating(nd.zeros((2,), dtype=dtype)) is floating
    assert (reduction.reduce(nd.zeros((2,), dtype=dtype)) is not None) is floating
