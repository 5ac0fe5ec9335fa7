"""Dropout(1.0), by someone who took the argument for the share that is kept: 0 times the scale 1 / (1 - 1).

After https://github.com/apache/mxnet/issues/5390 (a Dropout of p=0.99 and NaN in gradients).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Dense(8, in_units=4), nn.Dropout(1.0), nn.Dense(1, in_units=8))
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(3):
    data, target = nd.array(random.randn(5, 4)), nd.array(random.randn(5, 1))
    with autograd.record():
        loss = gluon.loss.L2Loss()(net(data), target)
    loss.backward()
    trainer.step(5)
    print(repr(float(loss.mean().asscalar())))
