"""A critic with a gradient penalty: a gradient of a gradient (autograd.grad with create_graph=True)."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--zeros", action="store_true", help="start from weights of zero: the gradient's norm is 0")
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

critic = nn.Dense(1, in_units=6, use_bias=False)
critic.initialize(mx.init.Zero() if options.zeros else mx.init.Normal(0.5))
trainer = gluon.Trainer(critic.collect_params(), "sgd", {"learning_rate": 0.01})

for _ in range(6):
    real = nd.array(np.random.randn(8, 6) + 1)
    fake = nd.array(np.random.randn(8, 6))
    between = (real + fake) / 2
    between.attach_grad()
    with autograd.record():
        score = critic(between)
        (slope,) = autograd.grad(score, [between], create_graph=True, retain_graph=True)
        penalty = nd.square(nd.sqrt(nd.sum(nd.square(slope), axis=1)) - 1).mean()
        loss = critic(fake).mean() - critic(real).mean() + 10 * penalty
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
