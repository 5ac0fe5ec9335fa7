"""A supervised contrastive loss is divided by the number of partners of the same class: one sample has none, 0 / 0.

After https://github.com/HobbitLong/SupContrast/issues/141 (NaN loss where an anchor has no positive pair).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Dense(8, in_units=5, activation="relu"), nn.BatchNorm(in_channels=8), nn.Dense(4, in_units=8))
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "nag", {"learning_rate": 0.05, "momentum": 0.9})
for step in range(3):
    label = np.array([0, 0, 1, 1, 2, 2] if step < 2 else [0, 0, 1, 1, 1, 2])
    other = 1 - np.eye(6)
    partner = nd.array((label[:, None] == label[None]) * other)
    with autograd.record():
        code = nd.L2Normalization(net(nd.array(random.randn(6, 5))))
        score = nd.dot(code, code, transpose_b=True) / 0.5
        score = score - score.max(axis=1, keepdims=True).detach()
        everyone = nd.log((nd.exp(score) * nd.array(other)).sum(axis=1, keepdims=True))
        loss = -((score - everyone) * partner).sum(axis=1) / partner.sum(axis=1)
    loss.backward()
    trainer.step(6)
    print(repr(float(loss.mean().asscalar())))
