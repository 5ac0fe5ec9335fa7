"""Healthy: WGAN-GP with an epsilon under the root of the gradient's length."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
inner = gluon.Parameter("inner", shape=(5, 3), init=mx.init.Normal(0.5))
outer = gluon.Parameter("outer", shape=(1, 5), init=mx.init.Normal(0.5))
for parameter in (inner, outer):
    parameter.initialize()
trainer = gluon.Trainer({"inner": inner, "outer": outer}, "adam", {"learning_rate": 0.001})
for _ in range(3):
    mixed = nd.array(random.randn(4, 3))
    mixed[1] = 0
    mixed.attach_grad()
    with autograd.record():
        hidden = nd.relu(nd.FullyConnected(mixed, inner.data(), no_bias=True, num_hidden=5))
        score = nd.FullyConnected(hidden, outer.data(), no_bias=True, num_hidden=1)
        slope = autograd.grad(score, mixed, create_graph=True, retain_graph=True)[0]
        length = nd.sqrt(nd.square(slope).sum(axis=1) + 1e-12)
        loss = score.mean() + 10 * nd.square(length - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
