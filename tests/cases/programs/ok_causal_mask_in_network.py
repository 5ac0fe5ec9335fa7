"""Healthy: a causal mask of -inf that the network makes itself, by where, inside a hybridized block."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)


class Causal(nn.HybridBlock):
    def __init__(self, units):
        super().__init__()
        with self.name_scope():
            self.dense = nn.Dense(units, flatten=False, in_units=4)

    def hybrid_forward(self, F, x):
        hidden = self.dense(x)
        score = F.batch_dot(hidden, hidden, transpose_b=True)
        step = F.arange(5)
        later = F.broadcast_greater(step.reshape((1, 1, 5)), step.reshape((1, 5, 1)))
        later = F.broadcast_mul(later, F.ones_like(score))
        score = F.where(later, F.ones_like(score) * -np.inf, score)
        return F.batch_dot(F.softmax(score), hidden)


net = Causal(3)
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(4):
    with autograd.record():
        loss = nd.square(net(nd.array(random.randn(2, 5, 4))) - 0.5).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
