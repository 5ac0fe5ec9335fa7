"""Adamax divides by the largest gradient so far; a dead unit has had none: 0 / 0.

After https://github.com/apache/mxnet/pull/18532 (add epsilon to adamax).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Dense(6, in_units=3, activation="relu"), nn.Dense(1, in_units=6))
net.initialize(mx.init.Xavier())
net[0].bias.set_data(nd.array([0, 0, -50, 0, 0, 0]))
trainer = gluon.Trainer(net.collect_params(), "adamax", {"learning_rate": 0.002})
for _ in range(4):
    data, target = nd.array(random.randn(5, 3)), nd.array(random.randn(5, 1))
    with autograd.record():
        loss = gluon.loss.L2Loss()(net(data), target)
    loss.backward()
    trainer.step(5)
    print(repr(float(loss.mean().asscalar())))
