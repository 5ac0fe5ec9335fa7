"""A small network, its trainer, and one ordinary iteration."""

import mxnet as mx
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


def made(*layers):
    net = nn.HybridSequential(prefix="net_")
    net.add(nn.Conv2D(4, 3, padding=1, in_channels=3), *layers)
    net.initialize(mx.init.Xavier())
    net(nd.zeros((2, 3, 8, 8))).wait_to_read()
    return net, gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01, "momentum": 0.9})


def step(net, trainer, data, inside=lambda: None):
    with autograd.record():
        loss = (net(data) ** 2).mean()
    inside()
    loss.backward()
    trainer.step(len(data))
    return float(loss.asscalar())


def batch():
    return nd.array(mx.nd.random.normal(shape=(2, 3, 8, 8)).asnumpy())
