"""Healthy: a batch whose masked rows leave nothing, divided by max(n, 1)."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(3, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
criterion = gluon.loss.SoftmaxCrossEntropyLoss()
for step in range(4):
    data, label = nd.array(random.randn(6, 4)), nd.array(random.randint(0, 3, 6))
    valid = nd.array(np.zeros(6) if step == 2 else np.ones(6))
    with autograd.record():
        loss = (criterion(net(data), label) * valid).sum() / nd.maximum(valid.sum(), 1)
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
