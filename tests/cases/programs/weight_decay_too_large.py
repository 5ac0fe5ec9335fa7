"""A weight decay of 1000 with a learning rate of 1: every step multiplies the weights by -999, a bounded loss does not show it.

After https://github.com/awslabs/gluonts/issues/833 (nan after some time) and the update rule of SGD, w - lr * (g + wd * w).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(1, in_units=3, use_bias=False)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1.0, "wd": 1000.0})
for _ in range(16):
    data, target = nd.array(random.randn(5, 3) * 1e-3), nd.array(random.rand(5, 1))
    with autograd.record():
        loss = nd.abs(nd.sigmoid(net(data)) - target)
    loss.backward()
    trainer.step(5)
    print(repr(float(loss.mean().asscalar())))
