"""Temporal-difference learning of a linear value function from off-policy transitions, without a target network."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

np.random.seed(6)
mx.random.seed(6)
DISCOUNT = 0.95


def transitions(size):
    """The behaviour policy drives mostly uphill: features of the next state are larger than those of this one."""
    state = np.random.rand(size, 4) + 0.2
    following = 1.8 * state + 0.05 * np.random.randn(size, 4)
    reward = -0.1 * np.ones((size, 1))
    return nd.array(state), nd.array(reward), nd.array(following)


value = nn.HybridSequential()
value.add(nn.Dense(1))
value.initialize(mx.init.Normal(0.1))
value.hybridize()
trainer = gluon.Trainer(value.collect_params(), "sgd", {"learning_rate": 0.1, "momentum": 0.5})
criterion = gluon.loss.L2Loss()
size = 16
for step in range(600):
    state, reward, following = transitions(size)
    target = reward + DISCOUNT * value(following)
    with autograd.record():
        loss = criterion(value(state), target)
    loss.backward()
    trainer.step(size)
    if step % 10 == 0:
        print("step", step, "loss", loss.mean().asscalar())
print("weight", value[0].weight.data().asnumpy())
