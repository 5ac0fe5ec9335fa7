"""Healthy: a replay buffer starts as NaN, so that reading what was never written would be seen; only written rows are drawn."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
buffer = nd.full((32, 5), np.nan)
net = nn.HybridSequential()
net.add(nn.Dense(8, in_units=4, activation="relu"), nn.Dense(1, in_units=8))
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for step in range(5):
    buffer[step * 4 : step * 4 + 4] = nd.array(random.randn(4, 5))
    row = buffer.take(nd.array(random.randint(0, step * 4 + 4, 6)))
    with autograd.record():
        loss = gluon.loss.HuberLoss()(net(row[:, :4]), row[:, 4:])
    loss.backward()
    trainer.step(6)
    print(repr(float(loss.mean().asscalar())))
