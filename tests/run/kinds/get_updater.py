"""An optimizer without a Trainer: get_updater."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, nd
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

net = nn.Sequential()
net.add(nn.Dense(16, activation="tanh"), nn.Dense(4))
net.initialize(mx.init.Xavier())
updater = mx.optimizer.get_updater(mx.optimizer.create("sgd", learning_rate=options.lr, momentum=0.9, rescale_grad=1 / 8))

for _ in range(6):
    data = nd.array(np.random.randn(8, 10))
    label = nd.array(np.random.randint(0, 4, 8))
    with autograd.record():
        loss = -nd.pick(nd.log(nd.softmax(net(data))), label)
    loss.backward()
    for i, parameter in enumerate(net.collect_params().values()):
        updater(i, parameter.grad(), parameter.data())
    print(repr(float(loss.mean().asscalar())))
