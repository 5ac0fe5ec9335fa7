"""Actor and critic, each with its trainer; gradient buffers are filled with NaN before every backward so that a
gradient which nobody wrote would be noticed."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(67)
rng = np.random.RandomState(67)
STATES, ACTIONS = 6, 3

actor = gluon.nn.Dense(ACTIONS, in_units=STATES)
critic = gluon.nn.Dense(1, in_units=STATES)
for net in (actor, critic):
    net.initialize(mx.init.Xavier())
train_actor = gluon.Trainer(actor.collect_params(), "adam", {"learning_rate": 0.05})
train_critic = gluon.Trainer(critic.collect_params(), "sgd", {"learning_rate": 0.5})
critic.bias.lr_mult = 0.1


def poison(*nets):
    for net in nets:
        for p in net.collect_params().values():
            if p.grad_req == "write":
                p.grad()[:] = np.nan


allowed = np.ones((STATES, ACTIONS), dtype="float32")
allowed[2, 1] = allowed[4, :2] = 0

for step in range(60):
    where = rng.randint(0, STATES, 16)
    s = nd.one_hot(nd.array(where), STATES)
    may = nd.array(allowed[where])
    poison(actor, critic)
    with autograd.record():
        logits = nd.where(may, actor(s), nd.full(may.shape, -np.inf))
        p = nd.softmax(logits)
        with autograd.pause():
            chances = p.asnumpy().astype("float64")
            action = np.array([rng.choice(ACTIONS, p=row / row.sum()) for row in chances])
            reward = nd.array((action == where % ACTIONS).astype("float32"))
        value = critic(s)[:, 0]
        advantage = (reward - value).detach()
        loss_critic = nd.square(value - reward).mean()
        # log p of what was done only: it was allowed, so its p is above 0
        done = nd.pick(p, nd.array(action))
        loss_actor = -(nd.log(nd.maximum(done, 1e-6)) * advantage).mean()
    loss_actor.backward(retain_graph=True)
    loss_critic.backward()
    train_critic.step(1)
    train_actor.step(1)
    if step % 6 == 0:
        print(step, loss_actor.asscalar(), loss_critic.asscalar(), reward.mean().asscalar())
