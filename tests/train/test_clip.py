"""Clipping the global norm."""

import mxnet as mx
import numpy as np
import pytest
from mxnet.gluon import Parameter

from nanhunt.train.clip import clip_gradients


def parameters(*values, contexts=1):
    made = []
    for value in values:
        parameter = Parameter("p%d" % len(made), shape=np.shape(value))
        parameter.initialize(ctx=[mx.cpu(i) for i in range(contexts)])
        for gradient in parameter.list_grad():
            gradient[:] = np.array(value) / contexts
        made.append(parameter)
    return made


def gradients(made):
    return [sum(each.asnumpy() for each in parameter.list_grad()).tolist() for parameter in made]


@pytest.mark.parametrize("contexts", [1, 2])
def test_the_applied_gradient_is_scaled_to_the_limit(contexts):
    made = parameters([3.0, 0.0], [4.0], contexts=contexts)
    assert clip_gradients(made, batch_size=1, limit=2.5) == pytest.approx(5)
    assert gradients(made) == [[pytest.approx(1.5), 0], [pytest.approx(2)]]


def test_the_limit_is_of_the_mean_over_the_batch():
    made = parameters([6.0, 8.0])
    assert clip_gradients(made, batch_size=4, limit=2.5) == pytest.approx(2.5)
    assert gradients(made) == [[6, 8]]


def test_squares_beyond_float32_do_not_hide_the_norm():
    made = parameters([3e30, 4e30])
    assert clip_gradients(made, batch_size=1, limit=1.0) == pytest.approx(5e30)
    assert gradients(made) == [[pytest.approx(0.6), pytest.approx(0.8)]]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_norm_that_is_no_number_scales_nothing(bad):
    made = parameters([3.0, 4.0], [bad])
    assert not np.isfinite(clip_gradients(made, batch_size=1, limit=1.0))
    assert gradients(made)[0] == [3, 4]
