"""Attention with a mask of -inf, put there on purpose: softmax makes exact zeros of it."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)


class Attention(nn.Block):
    def __init__(self, units):
        super().__init__()
        with self.name_scope():
            self.query = nn.Dense(units, flatten=False)
            self.key = nn.Dense(units, flatten=False)
            self.value = nn.Dense(units, flatten=False)

    def forward(self, words, mask):
        scores = nd.batch_dot(self.query(words), self.key(words), transpose_b=True) / 2.0
        weights = nd.softmax(nd.broadcast_add(scores, mask))
        return nd.batch_dot(weights, self.value(words))


net = nn.Sequential()
attention = Attention(4)
classifier = nn.Dense(3)
net.add(attention, classifier)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": options.lr})

for _ in range(6):
    words = nd.array(np.random.randn(4, 5, 6))
    lengths = np.random.randint(2, 6, 4)
    mask = nd.array(np.where(np.arange(5)[None, None, :] < lengths[:, None, None], 0.0, -np.inf))
    label = nd.array(np.random.randint(0, 3, 4))
    with autograd.record():
        loss = -nd.pick(nd.log(nd.softmax(classifier(attention(words, mask)))), label).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
