"""A LeakyReLU of slope 3.4e38.

After https://github.com/apache/mxnet/issues/19859 (LeakyReLU outputs NaN when alpha is a large value).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Sequential()
net.add(nn.Dense(4, in_units=3), nn.LeakyReLU(3.4e38), nn.Dense(1, in_units=4))
net.initialize(mx.init.Normal(2))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(2):
    with autograd.record():
        loss = nd.abs(net(nd.array(random.randn(4, 3)))).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
