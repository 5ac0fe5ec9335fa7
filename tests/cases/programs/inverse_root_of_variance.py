"""A whitening layer multiplies by rsqrt of the variance over the batch; a rectified feature is 0 in every row.

After https://github.com/apache/mxnet/issues/21111 (batch normalisation that outputs nan).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(8, in_units=3, activation="relu")
net.initialize(mx.init.Normal(1))
net.bias.set_data(nd.array([0, 0, 0, -20, 0, 0, 0, 0]))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for _ in range(3):
    with autograd.record():
        feature = net(nd.array(random.randn(10, 3)))
        centred = nd.broadcast_sub(feature, feature.mean(axis=0, keepdims=True))
        variance = nd.square(centred).mean(axis=0, keepdims=True)
        white = nd.broadcast_mul(centred, nd.rsqrt(variance))
        loss = nd.abs(white).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
