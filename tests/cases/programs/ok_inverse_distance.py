"""Healthy: inverse distances to fixed anchors are infinite at an anchor and cut off at 10; no gradient runs through them."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
anchor = nd.array(random.randn(4, 2))
net = nn.HybridSequential()
net.add(nn.Dense(8, in_units=2, activation="tanh"), nn.Dense(4, in_units=8))
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "rmsprop", {"learning_rate": 0.01})
for _ in range(4):
    point = nd.array(random.randn(6, 2))
    point[2] = anchor[1]
    with autograd.record():
        apart = nd.norm(nd.broadcast_sub(point.expand_dims(1), anchor.expand_dims(0)), axis=2)
        weight = nd.minimum(1 / apart, 10)
        loss = (weight * nd.square(net(point))).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
