"""Results, sums and squares beyond a dtype's range, and gradients beyond it."""

import numpy as np
import pytest
from mxnet import nd
from mxnet.gluon import nn
from small import COLUMN, check, column, finding_of, scale

MUL = ("elemwise_mul", "broadcast_mul")


def _dense(h, sign):
    return nd.FullyConnected(nd.concat(h, h, dim=1) * 1e25, nd.array([[1, sign]]) * 1e25, num_hidden=1, no_bias=True)


OVERFLOW = {
    "product": (lambda h: (h * 1e20 * (h * 1e20)).sum(), MUL),
    "square": (lambda h: nd.square(h * 1e20).sum(), "square"),
    "power": (lambda h: ((h * 1e20) ** 3).sum(), "_power_scalar"),
    "power of a number": (lambda h: nd.power(10.0, h * 10).sum(), "_rpower_scalar"),
    "power beyond float64": (lambda h: nd.power(10.0, h * 100).sum(), "_rpower_scalar"),
    "quotient": (lambda h: (h / 1e-39).sum(), "_div_scalar"),
    "sum": (lambda h: (h * 0.8e38).sum(), "sum"),
    "sum of both signs": (lambda h: ((h - 2.5) * 2e38).sum(), "sum"),
    "mean": (lambda h: (h * 0.8e38).mean(), "mean"),
    "dot": (lambda h: nd.dot(h.T * 1e25, h * 1e25), "dot"),
    "dense": (lambda h: _dense(h, 1).sum(), "FullyConnected"),
    "dense of both signs": (lambda h: _dense(h, -1).sum(), "FullyConnected"),
    "prod": (lambda h: nd.prod(nd.concat(*[h * 1e13] * 3, dim=1), axis=1).sum(), "prod"),
    "log_softmax": (lambda h: nd.log_softmax((h - 2.5) * 2e38, axis=0).sum(), "log_softmax"),
    "gamma": (lambda h: nd.gamma(h * 20).sum(), "gamma"),
}


@pytest.mark.parametrize("name", sorted(OVERFLOW))
def test_overflow(tmp_path, name):
    loss_of, op = OVERFLOW[name]
    check(finding_of(tmp_path, scale(), loss_of, COLUMN, lr=1e-30), op, "forward", "overflow")


def test_convolution_with_terms_of_both_signs(tmp_path):
    def loss_of(h):
        image = h.reshape((1, 1, 1, 4)) * 1e30
        return nd.Convolution(image, nd.array([[[[1e20, -1e20]]]]), kernel=(1, 2), num_filter=1, no_bias=True).sum()

    check(finding_of(tmp_path, scale(), loss_of, column(1, 2, 4, 8)), "Convolution", "forward", "overflow")


@pytest.mark.parametrize(
    "loss_of, op, cause",
    [
        (lambda h: nd.exp(h * 30).sum(), "exp", "exp-overflow"),
        (lambda h: nd.exp(h * 1e6).sum(), "exp", "exp-overflow"),
        (lambda h: nd.expm1(h * 30).sum(), "expm1", "exp-overflow"),
        (lambda h: nd.cosh(h * 1e3).sum(), "cosh", "exp-overflow"),
        (lambda h: nd.sinh(-h * 1e3).sum(), "sinh", "exp-overflow"),
        (lambda h: nd.log(1 + nd.exp(h * 100)).sum(), "exp", "exp-overflow"),
    ],
)
def test_exponentials(tmp_path, loss_of, op, cause):
    check(finding_of(tmp_path, scale(), loss_of, COLUMN), op, "forward", cause)


@pytest.mark.parametrize(
    "loss_of, op, cause",
    [
        (lambda h: nd.exp(h * 3).sum(), "exp", "exp-overflow"),
        (lambda h: nd.square(h * 100).sum(), "square", "overflow"),
        (lambda h: nd.sum(h * 1e4), "sum", "overflow"),
        (lambda h: (h.astype("float32") * 1e5).astype("float16").sum(), ("Cast", "cast", "_copyto"), "overflow"),
    ],
)
def test_half_precision(tmp_path, loss_of, op, cause):
    found = finding_of(tmp_path, scale(), lambda h: loss_of(h.astype("float16")), column(1, 2, 4))
    check(found, op, "forward", cause)


@pytest.mark.parametrize(
    "loss_of",
    [
        lambda h: nd.exp(h * 20).sum(),
        lambda h: nd.Activation(h * 1e4, act_type="softrelu").sum(),
        lambda h: nd.sigmoid(-h * 1e6).sum(),
        lambda h: (h * 1e18 * (h * 1e18)).sum() * 1e-30,
        lambda h: nd.softmax(h * 1e30, axis=0).max(),
    ],
)
def test_large_and_healthy(tmp_path, loss_of):
    assert finding_of(tmp_path, scale(), loss_of, COLUMN, lr=1e-30) is None


EXPLODING = {
    "chain of factors": (lambda h: ((h * 1e30) * 1e-38 * 1e-20 * 1e25 * 1e22).sum(), "_mul_scalar"),
    "dense": (
        lambda h: (nd.dot(h.T * 1e-30, h * 0 + 1e25) * 1e30 * 1e5).sum(),
        ("dot", "_mul_scalar"),
    ),
}


@pytest.mark.parametrize("name", sorted(EXPLODING))
def test_exploding_gradients(tmp_path, name):
    loss_of, op = EXPLODING[name]
    check(finding_of(tmp_path, scale(), loss_of, COLUMN * 1e-3, lr=1e-30), op, "backward", "exploding-gradients")


def test_diverged_after_updates_that_are_far_too_large(tmp_path):
    found = finding_of(tmp_path, scale(), lambda h: nd.square(h).sum(), COLUMN, iterations=30, lr=1e6)
    assert found is not None and found.cause == "diverged" and "updates" in found.why, found


def test_large_weights_at_the_start_are_no_divergence(tmp_path):
    found = finding_of(tmp_path, scale(), lambda h: nd.square(h).sum(), COLUMN * 1e20)
    check(found, "square", "forward", "overflow")


def _two_rows():
    net = nn.HybridSequential()
    net.add(nn.Dense(2, use_bias=False, in_units=3))
    return net


def test_a_weight_gradient_accuses_no_sample(tmp_path):
    """Two rows of a batch, two rows of a weight: what has overflowed in the weight's gradient is no row of the batch."""
    x = np.full((2, 3), 1e30, "float32")
    found = finding_of(tmp_path, _two_rows(), lambda h: ((h - nd.BlockGrad(h)) * 1e10).sum(), x)
    assert (found.producer.op, found.producer.phase, found.producer.shape) == ("FullyConnected", "backward", (2, 3))
    assert found.producer.sample is None


def test_a_gradient_of_the_batch_accuses_its_row(tmp_path):
    x = np.array([[1, 1, 1], [1, 1, -2]], "float32")
    found = finding_of(tmp_path, _two_rows(), lambda h: nd.sqrt(nd.relu(h)).sum(), x)
    assert (found.producer.op, found.producer.phase, found.producer.shape) == ("sqrt", "backward", (2, 2))
    assert found.producer.sample == 1
