"""A hybridized Siamese network: the distance of a pair is a root, whose gradient does not exist for two equal samples."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--equal-from", type=int, default=100, help="first iteration in which a pair is the same sample twice")
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)


class Siamese(nn.HybridBlock):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.embed = nn.HybridSequential()
            self.embed.add(nn.Dense(16, activation="tanh"), nn.Dense(8))

    def hybrid_forward(self, F, one, other):
        difference = self.embed(one) - self.embed(other)
        return F.sqrt(F.sum(difference * difference, axis=1))


net = Siamese()
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.05})

for i in range(6):
    one = np.random.randn(8, 10)
    other = np.random.randn(8, 10)
    if i >= options.equal_from:
        other[3] = one[3]
    with autograd.record():
        loss = net(nd.array(one), nd.array(other)).mean()
    loss.backward()
    trainer.step(8)
    print(repr(float(loss.asscalar())))
