"""Poisson regression, hybridized with static_alloc and static_shape; the rate is an exponential."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)


class PoissonLoss(nn.HybridBlock):
    def hybrid_forward(self, F, prediction, count):
        return F.mean(F.exp(prediction) - count * prediction)


net = nn.HybridSequential()
net.add(nn.Dense(8, activation="sigmoid"), nn.Dense(1))
net.initialize(mx.init.Xavier())
criterion = PoissonLoss()
for block in (net, criterion):
    block.hybridize(static_alloc=True, static_shape=True)
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": options.lr})

for _ in range(8):
    data = nd.array(np.random.randn(8, 6))
    count = nd.array(np.random.poisson(20, (8, 1)))
    with autograd.record():
        loss = criterion(net(data), count)
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
