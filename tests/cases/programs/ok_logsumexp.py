"""Healthy: a log-sum-exp over scores of +-500 that subtracts the maximum first."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(5, in_units=4)
net.initialize(mx.init.Normal(1))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-4})
for _ in range(4):
    data, label = nd.array(random.randn(6, 4) * 200), nd.array(random.randint(0, 5, 6))
    with autograd.record():
        score = net(data)
        highest = score.max(axis=1, keepdims=True)
        total = nd.log(nd.exp(nd.broadcast_sub(score, highest)).sum(axis=1, keepdims=True)) + highest
        loss = (total - nd.pick(score, label, keepdims=True)).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
