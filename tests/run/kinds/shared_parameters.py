"""Two blocks with the same parameters: tied encoder, two branches."""

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

one = nn.Dense(8, in_units=10, activation="tanh")
other = nn.Dense(8, in_units=10, params=one.params)
classifier = nn.Dense(4)
net = nn.Sequential()
net.add(one, other, classifier)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": options.lr})

for _ in range(6):
    left = nd.array(np.random.randn(8, 10))
    right = nd.array(np.random.randn(8, 10))
    label = nd.array(np.random.randint(0, 4, 8))
    with autograd.record():
        scores = classifier(nd.concat(one(left), other(right), dim=1))
        loss = -nd.pick(nd.log(nd.softmax(scores)), label).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
