"""Healthy: top-k candidates, the others are set to -inf before a softmax whose zeros are never logged."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(8, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for _ in range(4):
    with autograd.record():
        score = net(nd.array(random.randn(5, 4)))
        among = nd.topk(score, k=3, ret_typ="mask")
        kept = nd.where(among, score, nd.full((5, 8), -np.inf))
        loss = nd.square(nd.softmax(kept)).sum(axis=1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
