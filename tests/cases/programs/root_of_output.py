"""A network's raw output is taken for a variance: its square root is NaN wherever it is negative.

After https://github.com/leggedrobotics/rsl_rl/pull/185 (standard deviations that are not >= 0).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Dense(8, in_units=4, activation="tanh"), nn.Dense(2, in_units=8))
net.initialize(mx.init.Xavier())
net.hybridize(static_alloc=True)
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for _ in range(3):
    with autograd.record():
        output = net(nd.array(random.randn(8, 4)))
        mean, deviation = output[:, 0], nd.sqrt(output[:, 1])
        loss = nd.abs(nd.array(random.randn(8)) - mean - deviation).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
