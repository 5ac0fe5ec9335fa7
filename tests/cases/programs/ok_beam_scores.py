"""Healthy: log-probabilities of a beam start from -inf but for the first; softmax gives weights of exactly 0."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(4, in_units=3)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(4):
    beam = nd.array([0, -np.inf, -np.inf])
    with autograd.record():
        score = nd.log_softmax(net(nd.array(random.randn(3, 3))))
        total = nd.broadcast_add(score, beam.expand_dims(1)).reshape((1, -1))
        share = nd.softmax(total)
        best = nd.topk(total, k=2, ret_typ="indices")
        loss = -nd.log(nd.pick(share, best[:, 0]) + 1e-6).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
