"""Generalised-mean pooling whose exponent grows from 3, as for retrieval."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

mx.random.seed(6)
rng = np.random.RandomState(6)
BATCH = 6


class GeneralisedMean(nn.HybridBlock):
    def hybrid_forward(self, F, x, p):
        raised = F.broadcast_power(x, p)
        mean = F.mean(raised, axis=(2, 3), keepdims=True)
        return F.broadcast_power(F.abs(mean) + 1e-3, 1 / p)


class Retrieval(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.body = nn.HybridSequential()
            self.body.add(nn.Conv2D(6, 3, padding=1), nn.BatchNorm(), nn.LeakyReLU(0.1))
            self.pool = GeneralisedMean()
            self.out = nn.Dense(4)

    def hybrid_forward(self, F, x, p):
        return self.out(self.pool(self.body(x), p))


net = Retrieval()
net.initialize(mx.init.Xavier())
net.hybridize(inline_limit=0)
loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
loss_of.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
pattern = rng.normal(0, 1, (4, 3, 8, 8))
for step in range(16):
    label = rng.randint(0, 4, BATCH)
    image = pattern[label] + rng.normal(0, 0.5, (BATCH, 3, 8, 8))
    p = mx.nd.full((1, 1, 1, 1), 3.0 + 0.25 * max(0, step - 8))
    with autograd.record():
        loss = loss_of(net(mx.nd.array(image), p), mx.nd.array(label))
    loss.backward()
    trainer.step(BATCH)
    print(step, loss.mean().asscalar())
