"""Small programs that go non-finite by their own arithmetic some iterations after something went wrong."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

import nanhunt
from nanhunt.errors import NonFiniteError

JUMP = 12
"""The iteration from which on the learning rate is too high for the problem."""


def diverge(folder, optimizer="sgd", settings=None, high=1e3, iterations=120, before_update=None, hybridize=False, **options):
    """The error of a regression whose learning rate is raised at iteration JUMP, as far above what is stable as `high` says.

    Args:
        before_update: called with the network after each backward.
    """
    net = linear()
    if hybridize:
        net.hybridize()
    trainer = gluon.Trainer(net.collect_params(), optimizer, settings or {"learning_rate": 0.05, "momentum": 0.5})
    draw = np.random.RandomState(5)
    try:
        with nanhunt.watch(net, trainer, dump_dir=folder, explain=False, on_notice=lambda text: None, **options):
            for number in range(iterations):
                if number == JUMP and high:
                    trainer.set_learning_rate(high)
                data = nd.array(draw.randn(16, 8).astype("float32"))
                target = nd.array(draw.randn(16, 4).astype("float32"))
                with autograd.record():
                    loss = gluon.loss.L2Loss()(net(data), target)
                loss.backward()
                if before_update is not None:
                    before_update(net)
                trainer.step(16)
    except NonFiniteError as error:
        return error
    raise AssertionError("it did not diverge")


def linear():
    """A linear model behind a normalisation: under too high a rate it grows by one factor an iteration."""
    mx.random.seed(3)
    net = nn.HybridSequential()
    net.add(nn.BatchNorm(in_channels=8, scale=False, center=False), nn.Dropout(0.2), nn.Dense(4, in_units=8))
    net.initialize(mx.init.Xavier())
    return net
