"""Random operators called imperatively: Dropout of several kinds, and noise that multiplies."""

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

first = nn.Dense(16)
second = nn.Dense(4)
net = nn.Sequential()
net.add(first, second)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": options.lr})

for _ in range(6):
    data = nd.array(np.random.randn(8, 10))
    label = nd.array(np.random.randint(0, 4, 8))
    with autograd.record():
        hidden = nd.Dropout(first(data), p=0.3, axes=(0,))
        hidden = hidden * nd.random.uniform(0.9, 1.1, shape=(8, 16))
        scores = second(nd.Dropout(hidden, p=0.3, mode="always"))
        loss = -nd.pick(nd.log(nd.softmax(scores)), label).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
