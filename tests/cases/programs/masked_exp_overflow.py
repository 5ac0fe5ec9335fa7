"""Attention by hand: exp of scores of which some are masked with -inf. The mask is fine, exp(120) is not.

After https://github.com/apache/mxnet/issues/4963 (masks) and the usual softmax without subtracting the maximum.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(5, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for step in range(4):
    allowed = random.rand(6, 5) < 0.6
    allowed[:, 0] = True
    data = random.randn(6, 4)
    if step == 2:
        data[4] = net.weight.data()[0].asnumpy() / net.weight.data()[0].norm().asscalar() ** 2 * 120
    with autograd.record():
        score = nd.where(nd.array(allowed), net(nd.array(data)), nd.full((6, 5), -np.inf))
        weight = nd.exp(score)
        share = nd.broadcast_div(weight, weight.sum(axis=1, keepdims=True))
        loss = -nd.log(share[:, 0] + 1e-6).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
