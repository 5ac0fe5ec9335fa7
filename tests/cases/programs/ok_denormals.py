"""Healthy: values below 1e-38 in data, weights and gradients."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(2, in_units=4)
net.initialize(mx.init.Constant(1e-20))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-20})
for _ in range(4):
    with autograd.record():
        loss = nd.square(net(nd.array(random.randn(5, 4) * 1e-20))).sum()
    loss.backward()
    trainer.step(5)
    print(repr(float(loss.asscalar())))
