"""Healthy: a softmax of a row that is masked in full is NaN, and where puts 0 in its place, forward and backward."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(5, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(4):
    allowed = random.rand(6, 5) < 0.6
    allowed[2] = False
    allowed[3:, 0] = True
    some = nd.array(np.repeat(allowed.any(axis=1, keepdims=True), 5, axis=1))
    with autograd.record():
        score = nd.where(nd.array(allowed), net(nd.array(random.randn(6, 4))), nd.full((6, 5), -np.inf))
        share = nd.where(some, nd.softmax(score), nd.zeros((6, 5)))
        loss = nd.square(share - 0.2).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
