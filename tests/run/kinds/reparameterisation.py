"""A variational autoencoder: noise is drawn inside record, the deviation is an exponential."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

encoder = nn.Dense(8)
decoder = nn.Dense(10)
net = nn.Sequential()
net.add(encoder, decoder)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": options.lr})

for _ in range(6):
    data = nd.array(np.random.randn(8, 10))
    with autograd.record():
        mean, log_variance = nd.split(encoder(data), 2, axis=1)
        noise = nd.random.normal(shape=(8, 4))
        hidden = mean + nd.exp(0.5 * log_variance) * noise
        divergence = 0.5 * nd.sum(nd.square(mean) + nd.exp(log_variance) - 1 - log_variance, axis=1)
        loss = nd.sum(nd.square(decoder(hidden) - data), axis=1) + divergence
    loss.backward()
    trainer.step(8)
    print(repr(float(loss.mean().asscalar())))
