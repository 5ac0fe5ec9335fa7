"""Healthy: label -1 is ignored by a weight of 0, its picked value is that of a class, finite."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(4, in_units=5)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
criterion = gluon.loss.SoftmaxCrossEntropyLoss()
for _ in range(4):
    data, label = nd.array(random.randn(8, 5)), nd.array(random.randint(-1, 4, 8))
    with autograd.record():
        loss = criterion(net(data), label, (label >= 0).expand_dims(1)).sum()
    loss.backward()
    trainer.step(8)
    print(repr(float(loss.asscalar())))
