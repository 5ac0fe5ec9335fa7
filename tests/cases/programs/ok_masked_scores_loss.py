"""Healthy: padded classes have scores of -inf; the sparse cross entropy picks only allowed ones."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(6, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
criterion = gluon.loss.SoftmaxCrossEntropyLoss()
padding = nd.array([[0, 0, 0, 0, -np.inf, -np.inf]])
for _ in range(4):
    data, label = nd.array(random.randn(5, 4)), nd.array(random.randint(0, 4, 5))
    with autograd.record():
        loss = criterion(nd.broadcast_add(net(data), padding), label)
    loss.backward()
    trainer.step(5)
    print(repr(float(loss.mean().asscalar())))
