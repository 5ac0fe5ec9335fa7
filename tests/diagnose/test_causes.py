"""Programs that go non-finite by their own arithmetic, with the cause that the numbers prove; and close cousins that do not."""

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

import nanhunt
from nanhunt.errors import NonFiniteError


def finding_of(tmp_path, net, loss_of, x, iterations=1, lr=0.1):
    """Train on the one batch; the finding, or None."""
    net.initialize(mx.init.One())
    net(nd.array(x))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": lr})
    try:
        with nanhunt.watch(net, trainer, dump_dir=tmp_path):
            for _ in range(iterations):
                with autograd.record():
                    loss = loss_of(net(nd.array(x)))
                loss.backward()
                trainer.step(1)
    except NonFiniteError as error:
        return error.finding
    return None


def scale():
    """One weight a channel, 1 at the start."""
    net = nn.HybridSequential()
    net.add(nn.Dense(1, use_bias=False, flatten=False))
    return net


COLUMN = np.array([[1.0], [2.0], [4.0]], "float32")


@pytest.mark.parametrize(
    "loss_of, x, op, phase, value, cause",
    [
        (lambda h: nd.log(h).sum(), COLUMN - 2, "log", "forward", "nan", "log-of-negative"),
        (lambda h: nd.log(nd.relu(h)).sum(), COLUMN - 1, "log", "forward", "-inf", "log-of-zero"),
        (lambda h: nd.log10(h - h).sum(), COLUMN, "log10", "forward", "-inf", "log-of-zero"),
        (lambda h: nd.exp(h * 30).sum(), COLUMN, "exp", "forward", "+inf", "exp-overflow"),
        (lambda h: (h * 1e20 * (h * 1e20)).sum(), COLUMN, "elemwise_mul", "forward", "+inf", "overflow"),
        (lambda h: nd.sqrt(nd.relu(h)).sum(), COLUMN - 1, "sqrt", "backward", "+inf", "gradient-singularity"),
        (lambda h: nd.norm(h * 0), COLUMN, "norm", "backward", "nan", "gradient-singularity"),
        (lambda h: (nd.relu(h) ** 0.5).sum(), COLUMN - 1, "_power_scalar", "backward", "+inf", "gradient-singularity"),
    ],
)
def test_the_cause_is_proven_from_the_numbers(tmp_path, loss_of, x, op, phase, value, cause):
    finding = finding_of(tmp_path, scale(), loss_of, x)
    assert finding is not None
    found = (finding.producer.op.replace("broadcast_mul", "elemwise_mul"), finding.producer.phase, finding.cause, finding.proof)
    assert found == (op, phase, cause, "proven")
    assert finding.producer.value == value or phase == "backward"
    assert finding.replay.bit_identical
    assert any(ch.isdigit() for ch in finding.why)


@pytest.mark.parametrize(
    "loss_of, x",
    [
        (lambda h: nd.log(h + 1e-3).sum(), COLUMN),
        (lambda h: nd.exp(h * 20).sum(), COLUMN),
        (lambda h: nd.sqrt(h).sum(), COLUMN),
        (lambda h: nd.log_softmax(h * 500, axis=0).sum(), COLUMN),
    ],
)
def test_a_healthy_cousin_is_silent(tmp_path, loss_of, x):
    assert finding_of(tmp_path, scale(), loss_of, x, lr=1e-30) is None


def test_sync_batch_norm_cancels_where_batch_norm_does_not(tmp_path):
    # 64 channels with means from 20 to 60 and a true variance of 1e-8: E[x^2] is known to some 1e-4 only, far above eps = 1e-5.
    spread = np.linspace(-1.7, 1.7, 32).reshape(2, 1, 4, 4)
    x = (np.linspace(20, 60, 64).reshape(1, 64, 1, 1) + 1e-4 * spread).astype("float32")

    def program(norm):
        net = nn.HybridSequential()
        net.add(norm)
        return finding_of(tmp_path, net, lambda h: (h * h).sum(), x)

    assert program(nn.BatchNorm()) is None
    finding = program(gluon.contrib.nn.SyncBatchNorm(num_devices=1))
    assert (finding.producer.op, finding.cause, finding.proof) == ("_contrib_SyncBatchNorm", "variance-cancellation", "proven")
    assert finding.producer.value == "nan" and "true variance" in finding.why and "eps" in finding.why
    assert finding.spread.gradients and not finding.spread.parameters


def test_a_nan_that_relu_swallows_is_still_found(tmp_path):
    finding = finding_of(tmp_path, scale(), lambda h: nd.maximum(nd.sqrt(h), 0).sum(), COLUMN - 2)
    assert finding is not None and finding.producer.op == "sqrt"
