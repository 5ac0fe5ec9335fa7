"""Policy gradient: backward with an explicit head gradient, the advantage of each action."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

policy = nn.HybridSequential()
policy.add(nn.Dense(16, activation="tanh"), nn.Dense(3))
policy.initialize(mx.init.Xavier())
trainer = gluon.Trainer(policy.collect_params(), "sgd", {"learning_rate": options.lr})

for _ in range(6):
    state = nd.array(np.random.randn(8, 5))
    action = nd.array(np.random.randint(0, 3, 8))
    advantage = nd.array(np.random.randn(8))
    with autograd.record():
        chance = nd.pick(nd.softmax(policy(state)), action)
        log_chance = nd.log(chance)
    log_chance.backward(-advantage)
    trainer.step(8)
    print(repr(float((-log_chance * advantage).mean().asscalar())))
