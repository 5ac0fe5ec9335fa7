"""LayerNorm of values near 1e38: the squares of their deviations overflow.

After https://github.com/apache/mxnet/issues/19852 and https://github.com/pytorch/pytorch/pull/178123.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Sequential()
net.add(nn.LayerNorm(in_channels=4), nn.Dense(1, in_units=4))
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for step in range(3):
    data = random.randn(3, 4)
    if step == 1:
        data[0] = [1.49e38, 9.0e37, -1.31e38, 3.05e38]
    with autograd.record():
        loss = nd.square(net(nd.array(data)) - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
