"""Forecast of paths; average displacement over the steps that a path has."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn, rnn

mx.random.seed(1)
rng = np.random.RandomState(1)
SEEN, AHEAD, BATCH = 6, 8, 6


class Forecast(nn.Block):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.past = rnn.GRU(12, layout="NTC")
            self.future = nn.Dense(AHEAD * 2)
        self.past.hybridize()
        self.future.hybridize()

    def forward(self, path, there):
        state = self.past(path)[:, -1]
        ahead = self.future(state).reshape((-1, AHEAD, 2))
        return ahead * there.expand_dims(2)


class Displacement(gluon.loss.Loss):
    def __init__(self, **kwargs):
        super().__init__(None, 0, **kwargs)

    def hybrid_forward(self, F, guess, truth, steps):
        square = F.sum(F.square(guess - truth), axis=2)
        distance = F.sqrt(square)
        kept = F.SequenceMask(distance, steps, use_sequence_length=True, axis=1)
        return F.sum(kept, axis=1) / F.maximum(steps, 1)


def paths(step):
    start = rng.normal(0, 1, (BATCH, 1, 2))
    speed = rng.normal(0, 0.3, (BATCH, 1, 2))
    whole = start + speed * np.arange(SEEN + AHEAD).reshape((1, -1, 1))
    steps = np.full(BATCH, AHEAD)
    if step >= 8:  # from here on some leave the scene
        steps[4] = 5
    there = (np.arange(AHEAD)[None] < steps[:, None]).astype("float32")
    truth = whole[:, SEEN:] * there[:, :, None]
    return [mx.nd.array(a) for a in (whole[:, :SEEN], there, truth, steps)]


net, loss_of = Forecast(), Displacement()
net.initialize(mx.init.Xavier())
loss_of.hybridize(static_alloc=True, static_shape=True)
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for step in range(14):
    past, there, truth, steps = paths(step)
    with autograd.record():
        loss = loss_of(net(past, there), truth, steps)
    loss.backward()
    trainer.step(BATCH)
    print(step, loss.mean().asscalar())
