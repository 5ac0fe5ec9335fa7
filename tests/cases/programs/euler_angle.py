"""A pitch angle by arcsin of a quaternion's product; the quaternion is a raw output, not normalised.

After https://github.com/deepinsight/insightface/issues/977 (inverse trigonometric functions beyond 1).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(4, in_units=3)
net.initialize(mx.init.Normal(2))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for _ in range(3):
    with autograd.record():
        q = net(nd.array(random.randn(6, 3)))
        pitch = nd.arcsin(2 * (q[:, 0] * q[:, 2] - q[:, 3] * q[:, 1]))
        loss = nd.abs(pitch).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
