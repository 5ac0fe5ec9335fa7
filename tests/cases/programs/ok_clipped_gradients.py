"""Healthy: clip_global_norm of large but finite gradients, and once of gradients that are all 0."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(1, in_units=3)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "momentum": 0.9})
for step in range(4):
    data = nd.array(random.randn(6, 3) * 1e6)
    with autograd.record():
        loss = gluon.loss.L2Loss()(net(data), nd.ones((6, 1))).mean() * (0 if step == 2 else 1)
    loss.backward()
    norm = gluon.utils.clip_global_norm([p.grad() for p in net.collect_params().values()], 1.0)
    trainer.step(1)
    print(repr(float(loss.asscalar())), norm)
