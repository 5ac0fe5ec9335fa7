"""Class weights 1 / count of the batch: a class that does not occur weighs inf.

After https://github.com/chainer/chainer/pull/500 (what happens when `count` equals 0?).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(3, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for step in range(4):
    data, label = nd.array(random.randn(9, 4)), np.arange(9) % (3 if step < 2 else 2)
    one_hot = nd.one_hot(nd.array(label), 3)
    with autograd.record():
        weight = 1 / one_hot.sum(axis=0)
        log_probability = nd.log_softmax(net(data))
        loss = -(nd.broadcast_mul(log_probability * one_hot, weight)).sum()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
