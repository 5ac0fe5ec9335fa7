"""Trajectory forecasting: the next 2-d position as a Gaussian whose Cholesky factor is predicted from the track so far."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

np.random.seed(11)
mx.random.seed(11)


class Head(nn.Block):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.hidden = nn.Dense(16, activation="relu")
            self.mean = nn.Dense(2)
            self.factor = nn.Dense(3)

    def forward(self, x):
        h = self.hidden(x)
        raw = self.factor(h)
        scale = nd.Activation(raw[:, 0:2], act_type="softrelu")
        zero = nd.zeros((x.shape[0], 1))
        lower = nd.concat(scale[:, 0:1], zero, raw[:, 2:3], scale[:, 1:2], dim=1)
        return self.mean(h), lower.reshape((-1, 2, 2)), scale


def batches(count, size):
    for number in range(count):
        track = np.random.randn(size, 8).astype("float32")
        if number == 7:
            track[5] = -4000 * np.abs(track[5])  # a tracker that reports millimetres
        position = (track[:, :2] * 0.5 + 0.1 * np.random.randn(size, 2)).astype("float32")
        yield nd.array(track), nd.array(position)


net = Head()
net.initialize(mx.init.Xavier(magnitude=3))
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for step, (track, position) in enumerate(batches(12, 16)):
    with autograd.record():
        mean, lower, scale = net(track)
        residual = (position - mean).expand_dims(2)
        whitened = nd.linalg.trsm(lower, residual)
        distance = nd.sum(nd.square(whitened), axis=(1, 2))
        volume = nd.sum(nd.log(scale), axis=1)
        loss = 0.5 * distance + volume
    loss.backward()
    trainer.step(16)
    print(step, loss.mean().asscalar())
