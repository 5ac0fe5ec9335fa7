"""A division of 1e25 by 1e-20: no divisor is 0, but the quotient is beyond float32.

After https://github.com/apache/mxnet/issues/5155 (features of very different scales).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(2, in_units=3)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for step in range(3):
    mass = nd.array((random.rand(4, 1) + 1) * (1e25 if step else 1))
    volume = nd.full((4, 1), 1e-20)
    with autograd.record():
        density = nd.broadcast_div(nd.broadcast_mul(mass, nd.abs(net(nd.array(random.randn(4, 3)))) + 0.1), volume)
        loss = nd.log(density).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
