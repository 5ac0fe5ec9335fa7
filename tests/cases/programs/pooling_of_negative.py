"""Generalised mean pooling with a learned exponent near 3, over features that were not clamped above 0.

After https://github.com/pytorch/pytorch/issues/76483 (negative base, fractional exponent).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net, exponent = nn.Conv2D(4, 3, in_channels=2), gluon.Parameter("exponent", shape=(1,))
net.initialize(mx.init.Xavier())
exponent.initialize(mx.init.Constant(3.1))
parameters = net.collect_params()
parameters.update({"exponent": exponent})
trainer = gluon.Trainer(parameters, "sgd", {"learning_rate": 0.01})
for _ in range(3):
    with autograd.record():
        feature = net(nd.array(random.randn(2, 2, 6, 6)))
        mean = nd.broadcast_power(feature, exponent.data().reshape((1, 1, 1, 1))).mean(axis=(2, 3))
        loss = nd.square(mean - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
