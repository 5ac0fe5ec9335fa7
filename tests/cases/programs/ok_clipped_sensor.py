"""Healthy: a sensor delivers inf when it saturates; the first thing that the program does is to clip it."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(1, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(4):
    sensor = random.randn(6, 4)
    sensor[2, 1] = np.inf
    sensor = nd.array(sensor)
    with autograd.record():
        loss = nd.square(net(nd.clip(sensor, -4, 4)) - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
