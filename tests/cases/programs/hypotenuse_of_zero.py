"""A flow's speed by broadcast_hypot of two components that are both 0 at rest: the gradient is 0 / 0.

After https://github.com/ml-explore/mlx/issues/3668 (sqrt(x^2 + y^2) at the origin).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(2, in_units=3, use_bias=False)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for step in range(3):
    data = random.randn(5, 3)
    if step == 1:
        data[4] = 0
    with autograd.record():
        flow = net(nd.array(data))
        loss = nd.square(nd.broadcast_hypot(flow[:, 0], flow[:, 1]) - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
