"""An optimizer without a Trainer: create_state and update."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, nd
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

net = nn.Sequential()
net.add(nn.Dense(16, activation="tanh"), nn.Dense(4))
net.initialize(mx.init.Xavier())
net(nd.zeros((1, 10)))
optimizer = mx.optimizer.Adam(learning_rate=options.lr)
parameters = list(net.collect_params().values())
states = [optimizer.create_state(i, parameter.data()) for i, parameter in enumerate(parameters)]

for _ in range(6):
    data = nd.array(np.random.randn(8, 10))
    label = nd.array(np.random.randint(0, 4, 8))
    with autograd.record():
        loss = -nd.pick(nd.log(nd.softmax(net(data))), label).mean()
    loss.backward()
    for i, parameter in enumerate(parameters):
        optimizer.update(i, parameter.data(), parameter.grad(), states[i])
    print(repr(float(loss.asscalar())))
