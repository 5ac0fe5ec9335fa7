"""Q-learning on a toy chain with a target network and a penalty for going far from it."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(5)
rng = np.random.RandomState(5)
STATES, ACTIONS, SYNC = 8, 3, 12


def make():
    net = gluon.nn.Sequential()
    net.add(gluon.nn.Dense(24, activation="tanh", in_units=STATES), gluon.nn.Dense(ACTIONS, in_units=24))
    net.initialize(mx.init.Xavier())
    return net


online, target = make(), make()
trainer = gluon.Trainer(online.collect_params(), "adam", {"learning_rate": 0.01})


def copy_weights():
    for mine, theirs in zip(target.collect_params().values(), online.collect_params().values()):
        mine.set_data(theirs.data())


for step in range(40):
    states = rng.randint(0, STATES, 16)
    actions = rng.randint(0, ACTIONS, 16)
    following = (states + actions) % STATES
    s = nd.one_hot(nd.array(states), STATES)
    s2 = nd.one_hot(nd.array(following), STATES)
    reward = nd.array((following == 0).astype("float32"))
    goal = reward + 0.9 * target(s2).max(axis=1)
    anchor = target(s)
    with autograd.record():
        q = online(s)
        td = nd.square(nd.pick(q, nd.array(actions)) - goal)
        apart = nd.square(q - anchor).sum(axis=1)
        trust = nd.sqrt(apart)
        loss = (td + 0.05 * trust).mean()
    loss.backward()
    trainer.step(1)
    if (step + 1) % SYNC == 0:
        copy_weights()
    if step % 4 == 0:
        print(step, loss.asscalar())
