"""A momentum of 30, typed for a patience of 30: the momentum buffer grows by that factor at every step until it is inf.

After https://github.com/apache/mxnet/issues/9478 and the update rule of SGD with momentum, m * momentum - lr * g.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(1, in_units=3)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01, "momentum": 30.0})
for _ in range(32):
    data, target = nd.array(random.randn(5, 3) * 1e-3), nd.array(random.rand(5, 1))
    with autograd.record():
        loss = nd.abs(nd.sigmoid(net(data)) - target)
    loss.backward()
    trainer.step(5)
    print(repr(float(loss.mean().asscalar())))
