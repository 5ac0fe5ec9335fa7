"""Healthy: BatchNorm over a constant feature and over a batch of one, with its usual eps."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.BatchNorm(in_channels=3), nn.Dense(4, in_units=3), nn.BatchNorm(in_channels=4), nn.Dense(1, in_units=4))
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for size in (6, 1, 6):
    data = random.randn(size, 3)
    data[:, 1] = 1000
    with autograd.record():
        loss = gluon.loss.L2Loss()(net(nd.array(data)), nd.ones((size, 1))).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
