"""Double DQN on a board game: impossible moves score -inf, a finished game has no move left and no future."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

np.random.seed(41)
mx.random.seed(41)
MOVES = 5


def make():
    net = nn.HybridSequential()
    net.add(nn.Dense(24, activation="relu", in_units=7), nn.Dense(MOVES, in_units=24))
    net.initialize(mx.init.Xavier())
    net.hybridize()
    return net


def copy_weights(source, target):
    for p, q in zip(source.collect_params().values(), target.collect_params().values()):
        q.set_data(p.data())


def sample(size):
    state, following = np.random.randn(2, size, 7)
    move, reward = np.random.randint(0, MOVES, size), np.random.randn(size)
    legal = np.random.rand(size, MOVES) < 0.6
    done = np.random.rand(size) < 0.2
    legal[np.arange(size), np.random.randint(0, MOVES, size)] = True
    legal[done] = False  # the game is over
    return [nd.array(a) for a in (state, move, reward, following, legal, done)]


online, target = make(), make()
copy_weights(online, target)
trainer = gluon.Trainer(online.collect_params(), "rmsprop", {"learning_rate": 1e-3})
criterion = gluon.loss.HuberLoss()
forbidden = nd.full((16, MOVES), -np.inf)
for step in range(40):
    state, move, reward, following, legal, done = sample(16)
    scores = nd.where(legal, target(following), forbidden)
    future = scores.max(axis=1)
    wanted = nd.where(done, reward, reward + 0.97 * future)
    with autograd.record():
        loss = criterion(nd.pick(online(state), move, axis=1), wanted)
    loss.backward()
    trainer.step(16)
    if step % 10 == 9:
        copy_weights(online, target)
    print("step", step, "loss", loss.mean().asscalar(), "lowest future", future.min().asscalar())
for p in online.collect_params().values():
    assert np.isfinite(p.data().asnumpy()).all()
