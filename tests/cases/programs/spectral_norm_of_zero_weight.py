"""Spectral normalisation of a layer whose weights start at zero: the weight is divided by its largest singular value, 0 / 0.

After https://github.com/pytorch/pytorch/issues/20192 (spectral_norm of a zero weight is nan).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


class SpectralDense(nn.Block):
    def __init__(self, units, in_units, init, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.weight = self.params.get("weight", shape=(units, in_units), init=init)
            self.u = self.params.get("u", shape=(1, units), init=mx.init.Normal(1), grad_req="null")

    def forward(self, data):
        weight, u = self.weight.data(), self.u.data()
        v = nd.L2Normalization(nd.dot(u, weight))
        u = nd.L2Normalization(nd.dot(v, weight, transpose_b=True))
        sigma = nd.sum(nd.dot(u, weight) * v)
        with autograd.pause():
            self.u.set_data(u)
        return nd.FullyConnected(data, weight / sigma, no_bias=True, num_hidden=weight.shape[0])


mx.random.seed(1)
random = np.random.RandomState(1)
critic = nn.Sequential()
critic.add(SpectralDense(6, 4, mx.init.Normal(0.1)), nn.LeakyReLU(0.1), SpectralDense(1, 6, mx.init.Zero()))
critic.initialize()
trainer = gluon.Trainer(critic.collect_params(), "adam", {"learning_rate": 0.001, "beta1": 0.0})
for _ in range(3):
    with autograd.record():
        real, fake = critic(nd.array(random.randn(5, 4) + 1)), critic(nd.array(random.randn(5, 4)))
        loss = nd.relu(1 - real).mean() + nd.relu(1 + fake).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
