"""Healthy: log1p of counts with zeros, and logarithms of 0 + eps."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(3, in_units=6, activation="relu")
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for _ in range(4):
    counts = nd.array(random.poisson(0.5, (5, 6)))
    with autograd.record():
        loss = -nd.log(net(nd.log1p(counts)) + 1e-8).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
