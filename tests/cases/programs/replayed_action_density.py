"""Advantage-weighted regression: the density of recorded actions under a tanh-squashed Gaussian policy."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

np.random.seed(3)
mx.random.seed(3)


def collect(episodes, horizon):
    """The old controller: noisy, squashed into the actuator's range."""
    states, actions, returns = [], [], []
    for episode in range(episodes):
        state = np.random.randn(horizon, 6)
        drive = state.dot(np.linspace(-0.5, 0.5, 12).reshape(6, 2)) + 0.3 * np.random.randn(horizon, 2)
        if episode == 4:
            drive[21] *= [1.0, 40.0]  # an emergency stop
        states.append(state)
        actions.append(np.tanh(drive))
        returns.append(-np.square(state).sum(axis=1))
    return [np.concatenate(part).astype("float32") for part in (states, actions, returns)]


class Policy(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.body = nn.Dense(32, activation="tanh")
            self.mean = nn.Dense(2)
            self.log_std = nn.Dense(2)

    def hybrid_forward(self, F, state):
        h = self.body(state)
        return self.mean(h), F.clip(self.log_std(h), -5, 2)


states, actions, returns = collect(8, 32)
policy = Policy()
policy.initialize(mx.init.Xavier())
policy.hybridize()
trainer = gluon.Trainer(policy.collect_params(), "adam", {"learning_rate": 3e-3})
size = 32
for step in range(len(states) // size):
    rows = slice(step * size, (step + 1) * size)
    state, action = nd.array(states[rows]), nd.array(actions[rows])
    advantage = returns[rows] - returns[rows].mean()
    weight = nd.array(np.exp(np.clip(advantage / 5, -3, 3)))
    with autograd.record():
        mean, log_std = policy(state)
        before = nd.arctanh(action)
        z = (before - mean) / nd.exp(log_std)
        log_prob = -0.5 * nd.square(z) - log_std - nd.log(1 - nd.square(action) + 1e-6)
        loss = -(weight * log_prob.sum(axis=1)).mean()
    loss.backward()
    trainer.step(1)
    print("step", step, "loss", loss.asscalar())
