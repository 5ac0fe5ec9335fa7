"""Invalid pairs get weight 0, but their distance is sqrt(0): the gradient is 0 * inf.

After https://github.com/pytorch/pytorch/issues/89543 (masked errors with NaN gradients).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Dense(6, in_units=4, activation="tanh"), nn.Dense(2, in_units=6))
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for step in range(4):
    left, right, valid = random.randn(6, 4), random.randn(6, 4), np.ones(6)
    if step == 2:
        left[5] = right[5] = 0  # padding
        valid[5] = 0
    with autograd.record():
        gap = net(nd.array(left)) - net(nd.array(right))
        distance = nd.sqrt(nd.square(gap).sum(axis=1))
        loss = (nd.array(valid) * distance).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
