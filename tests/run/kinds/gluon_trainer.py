"""A Gluon classifier and its Trainer; the loss is the log of a softmax in two operators."""

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

net = nn.Sequential()
net.add(nn.Dense(16, activation="relu"), nn.BatchNorm(), nn.Dense(4))
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": options.lr, "momentum": 0.9})

for _ in range(6):
    data = nd.array(np.random.randn(8, 10))
    label = nd.array(np.random.randint(0, 4, 8))
    with autograd.record():
        loss = -nd.pick(nd.log(nd.softmax(net(data))), label).mean()
    loss.backward()
    trainer.step(8)
    print(repr(float(loss.asscalar())))
