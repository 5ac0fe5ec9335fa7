"""Healthy: an outlier of 1e20 under an L1 loss and a Huber loss, where a square would overflow."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(1, in_units=3)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for _ in range(4):
    target = random.randn(6, 1)
    target[1] = 1e20
    with autograd.record():
        output = net(nd.array(random.randn(6, 3)))
        loss = nd.smooth_l1(output - nd.array(target), scalar=1).mean() + gluon.loss.L1Loss()(output, nd.array(target)).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
