"""A cube root as compression of a rectified spectrum: the gradient at 0 is inf.

After https://github.com/apache/mxnet/pull/14262 (what relu, max and min let through) and the same singularity as sqrt's.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(5, in_units=4, activation="relu")
net.initialize(mx.init.Normal(1))
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for _ in range(3):
    with autograd.record():
        loss = nd.square(nd.cbrt(net(nd.array(random.randn(4, 4)))) - 1).sum()
    loss.backward()
    trainer.step(4)
    print(repr(float(loss.asscalar())))
