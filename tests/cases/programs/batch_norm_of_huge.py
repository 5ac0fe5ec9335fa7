"""BatchNorm while training on activations of 1e25: the variance overflows, and the running variance keeps it.

After https://github.com/apache/mxnet/issues/18751 (moving statistics that turn NaN).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Sequential()
net.add(nn.Dense(3, in_units=4), nn.BatchNorm(in_channels=3), nn.Dense(1, in_units=3))
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for step in range(3):
    data = nd.array(random.randn(6, 4) * (1e25 if step == 1 else 1))
    with autograd.record():
        loss = nd.square(net(data) - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
