"""A deviation as sqrt(E[x^2] - E[x]^2): the difference of two numbers near 1e6 comes out negative.

After https://github.com/tensorflow/tensorflow/issues/8535 (one-pass moments) and https://github.com/apache/gluten/pull/5913.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(1, in_units=1)
net.initialize(mx.init.One())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-9})
for _ in range(3):
    with autograd.record():
        value = net(nd.array(1000 + 0.001 * random.randn(40, 1))).reshape((8, 5))
        variance = nd.square(value).mean(axis=1) - nd.square(value.mean(axis=1))
        loss = nd.sqrt(variance).sum()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
