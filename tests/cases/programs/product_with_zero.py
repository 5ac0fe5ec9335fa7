"""The gradient of prod is the product divided by each factor: 0 / 0 where one factor is 0.

After https://github.com/apache/mxnet/issues/18078 and https://github.com/apache/mxnet/issues/17864.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(4, in_units=3, activation="relu")
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(3):
    with autograd.record():
        alive = nd.prod(net(nd.array(random.randn(6, 3))), axis=1)
        loss = nd.square(alive - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
