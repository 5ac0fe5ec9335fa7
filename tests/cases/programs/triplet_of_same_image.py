"""A triplet loss of Euclidean distances; the anchor and the positive are the same picture, the root is taken of 0.

After https://github.com/apache/mxnet/issues/2261 (the gradient of sqrt is inf) and https://github.com/keras-team/keras/issues/9498.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Dense(8, in_units=6, activation="tanh"), nn.Dense(4, in_units=8))
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.05})
for step in range(4):
    anchor, positive, negative = (random.randn(5, 6) for _ in range(3))
    if step == 2:
        positive[4] = anchor[4]
    with autograd.record():
        a, p, n = (net(nd.array(each)) for each in (anchor, positive, negative))
        near = nd.sqrt(nd.square(a - p).sum(axis=1))
        far = nd.sqrt(nd.square(a - n).sum(axis=1))
        loss = nd.relu(5 + near - far).sum()
    loss.backward()
    trainer.step(5)
    print(repr(float(loss.asscalar())))
