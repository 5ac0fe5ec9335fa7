"""V-trace: importance weights are exponentials of log ratios, cut at 1, and no gradient passes through them."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

np.random.seed(51)
mx.random.seed(51)
ACTIONS = 4


class ActorCritic(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.body = nn.Dense(16, activation="tanh")
            self.policy = nn.Dense(ACTIONS)
            self.value = nn.Dense(1)

    def hybrid_forward(self, F, state):
        h = self.body(state)
        return F.log_softmax(self.policy(h), axis=-1), self.value(h)


net = ActorCritic()
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 5e-3})
for step in range(30):
    state = nd.array(np.random.randn(12, 6))
    action = nd.array(np.random.randint(0, ACTIONS, 12))
    reward = nd.array(np.random.randn(12))
    behaviour = -np.abs(np.random.randn(12)) - 0.5
    if step % 7 == 3:
        behaviour[5] = -400.0  # an old actor, very sure that it would not do this
    behaviour = nd.array(behaviour)
    with autograd.record():
        log_policy, value = net(state)
        value = value.reshape((-1,))
        log_prob = nd.pick(log_policy, action, axis=-1)
        with autograd.pause():
            ratio = nd.exp(log_prob - behaviour)
            weight = nd.minimum(ratio, 1.0)
            advantage = weight * (reward - value)
        entropy = -(nd.exp(log_policy) * log_policy).sum(axis=-1)
        loss = -log_prob * advantage + 0.5 * weight * nd.square(reward - value) - 0.01 * entropy
    loss.backward()
    trainer.step(12)
    print("step", step, "loss", loss.mean().asscalar(), "largest ratio", ratio.max().asscalar())
for p in net.collect_params().values():
    assert np.isfinite(p.data().asnumpy()).all()
