"""A hyperbolic embedding that has left the unit ball: arctanh of a norm above 1.

After https://github.com/Ciela-Institute/caustics/pull/83 (functions that leave their domain off the branch).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Embedding(10, 2)
net.initialize(mx.init.Uniform(0.3))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 3})
for _ in range(8):
    words = nd.array(random.randint(0, 10, 6))
    with autograd.record():
        radius = nd.sqrt(nd.square(net(words)).sum(axis=1) + 1e-6)
        loss = nd.square(nd.arctanh(radius) - 2).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
