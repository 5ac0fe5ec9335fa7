"""InstanceNorm of values near 1e38: finite, but the squares of their deviations are not.

After https://github.com/apache/mxnet/issues/19852 (InstanceNorm outputs NaN).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Sequential()
net.add(nn.InstanceNorm(in_channels=2), nn.Dense(1, in_units=8))
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for step in range(3):
    data = random.randn(3, 2, 4)
    if step == 1:
        data[2, 1] = [1.4918449e38, 9.0072335e37, -1.3146734e38, 3.0568930e38]
    with autograd.record():
        loss = nd.square(net(nd.array(data)) - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
