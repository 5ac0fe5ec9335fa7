"""Healthy: a missing target is NaN on purpose; where replaces it before anything is computed from it."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(2, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(4):
    target = random.randn(6, 2)
    target[random.rand(6, 2) < 0.3] = np.nan
    target = nd.array(target)
    with autograd.record():
        known = target == target
        output = net(nd.array(random.randn(6, 4)))
        error = output - nd.where(known, target, nd.zeros_like(target))
        loss = (nd.square(error) * known).sum() / known.sum()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
