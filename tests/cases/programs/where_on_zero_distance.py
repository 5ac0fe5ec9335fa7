"""where(d2 > 0, sqrt(d2), 0) over pairwise distances: every forward value is finite, the diagonal's gradient is 0 * inf.

After https://github.com/jax-ml/jax/issues/347 (gradients through np.where).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(3, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.05})
for _ in range(3):
    with autograd.record():
        point = net(nd.array(random.randn(5, 4)))
        apart = nd.broadcast_sub(point.expand_dims(0), point.expand_dims(1))
        squared = nd.square(apart).sum(axis=2)
        distance = nd.where(squared > 0, nd.sqrt(squared), nd.zeros_like(squared))
        loss = nd.square(distance - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
