"""Healthy: a transducer's forward variables start at -inf, and their log-add keeps them apart from the finite ones."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


def log_add(a, b):
    return nd.broadcast_maximum(a, b) + nd.log1p(nd.exp(-nd.abs(a - b)))


mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(2, in_units=4, flatten=False)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for _ in range(3):
    with autograd.record():
        score = nd.log_softmax(net(nd.array(random.randn(4, 3, 4))))
        above = [nd.full((1,), -np.inf)] * 3
        for t in range(4):
            row = []
            for u in range(3):
                stay = above[u] + score[max(t - 1, 0), u, 0:1] if t or u else nd.zeros((1,))
                row.append(log_add(stay, row[u - 1] + score[t, u - 1, 1:2]) if u else stay)
            above = row
        loss = -above[-1] - score[-1, -1, 0:1]
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
