"""A Wasserstein critic without clipping, and its generator, each with its own trainer: both grow until a product overflows.

General: the critic's Lipschitz bound is what keeps the loss from growing without end.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
critic, generator = nn.HybridSequential(), nn.HybridSequential()
critic.add(nn.Dense(6, in_units=2), nn.LeakyReLU(0.2), nn.Dense(1, in_units=6))
generator.add(nn.Dense(6, in_units=3), nn.LeakyReLU(0.2), nn.Dense(2, in_units=6))
for net in (critic, generator):
    net.initialize(mx.init.Normal(0.5))
    net.hybridize()
judge = gluon.Trainer(critic.collect_params(), "sgd", {"learning_rate": 3.0})
maker = gluon.Trainer(generator.collect_params(), "sgd", {"learning_rate": 3.0})
for _ in range(200):
    real, noise = nd.array(random.randn(8, 2) + 2), nd.array(random.randn(8, 3))
    with autograd.record():
        loss = critic(generator(noise).detach()).mean() - critic(real).mean()
    loss.backward()
    judge.step(1)
    with autograd.record():
        loss = -critic(generator(noise)).mean()
    loss.backward()
    maker.step(1)
    print(repr(float(loss.asscalar())))
