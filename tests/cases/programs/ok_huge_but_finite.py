"""Healthy: activations, losses and gradients near 1e30, some of their squares would overflow but are never taken."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Dense(6, in_units=4), nn.Dense(2, in_units=6))
net.initialize(mx.init.Normal(1))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-32})
for _ in range(4):
    with autograd.record():
        loss = nd.abs(net(nd.array(random.randn(5, 4) * 1e30))).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
