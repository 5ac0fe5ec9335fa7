"""Soft actor-critic: log(1 - tanh(u)^2) without an epsilon, where tanh has rounded to 1.

After https://github.com/philtabor/Actor-Critic-Methods-Paper-To-Code/issues/7 (NaN in SAC's log probability).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


class Actor(nn.Block):
    def __init__(self, actions, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.centre, self.spread = nn.Dense(actions, in_units=3), nn.Dense(actions, in_units=3)

    def forward(self, state):
        spread = nd.exp(nd.clip(self.spread(state), -5, 2))
        noise = nd.random.normal(shape=spread.shape)
        raw = self.centre(state) + spread * noise
        action = nd.tanh(raw)
        likelihood = -0.5 * nd.square(noise) - nd.log(spread) - nd.log(1 - nd.square(action))
        return action, likelihood.sum(axis=1)


mx.random.seed(1)
random = np.random.RandomState(1)
actor = Actor(2)
actor.initialize(mx.init.Xavier())
trainer = gluon.Trainer(actor.collect_params(), "adam", {"learning_rate": 0.001})
for step in range(5):
    state = random.randn(6, 3)
    if step == 3:
        state[2] *= 200
    with autograd.record():
        action, likelihood = actor(nd.array(state))
        loss = (0.2 * likelihood + nd.square(action - 0.3).sum(axis=1)).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
