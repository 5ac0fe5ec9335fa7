"""A hyperbolic distance arccosh(-<x, y>) of a point to itself, where rounding gives 0.9999999.

After https://github.com/apache/mxnet/pull/15515 (inverse functions and the edges of their domains).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
space = gluon.Parameter("space", shape=(200, 3))
space.initialize(mx.init.Normal(1))
trainer = gluon.Trainer({"space": space}, "sgd", {"learning_rate": 0.001})
for _ in range(2):
    with autograd.record():
        x = space.data()
        time = nd.sqrt(1 + nd.square(x).sum(axis=1))
        product = time * time - (x * x).sum(axis=1)
        loss = nd.arccosh(product).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
