"""Random operators called imperatively: RReLU and Dropout."""

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
        hidden = nd.LeakyReLU(first(data), act_type="rrelu", lower_bound=0.1, upper_bound=0.4)
        scores = second(nd.Dropout(hidden, p=0.3))
        loss = -nd.pick(nd.log(nd.softmax(scores)), label).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
