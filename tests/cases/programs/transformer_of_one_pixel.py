"""A spatial transformer with a target of 1 x 1: the affine grid divides by (size - 1), which is 0.

The operator's limit, not from a report: GridGenerator with target_shape=(1, 1).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(6, in_units=4)
net.initialize(mx.init.Normal(0.1))
net.bias.set_data(nd.array([1, 0, 0, 0, 1, 0]))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for size in (4, 2, 1):
    with autograd.record():
        affine = net(nd.array(random.randn(3, 4)))
        grid = nd.GridGenerator(affine, transform_type="affine", target_shape=(size, size))
        loss = nd.square(grid).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
