"""Healthy: where chooses the operand before the root as well as the result after it."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(3, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.05})
for _ in range(4):
    with autograd.record():
        point = net(nd.array(random.randn(5, 4)))
        squared = nd.square(nd.broadcast_sub(point.expand_dims(0), point.expand_dims(1))).sum(axis=2)
        apart = squared > 0
        root = nd.sqrt(nd.where(apart, squared, nd.ones_like(squared)))
        distance = nd.where(apart, root, nd.zeros_like(root))
        loss = nd.square(distance - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
