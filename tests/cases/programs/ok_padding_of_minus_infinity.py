"""Healthy: an image is padded by -inf before max pooling, so that the border never wins."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Conv2D(2, 3, in_channels=1)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(4):
    with autograd.record():
        feature = net(nd.array(random.rand(2, 1, 8, 8)))
        border = nd.full((2, 2, 6, 1), -np.inf)
        padded = nd.concat(border, feature, border, dim=3)
        pooled = nd.Pooling(padded, kernel=(2, 2), stride=(2, 2), pool_type="max")
        loss = nd.square(pooled - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
