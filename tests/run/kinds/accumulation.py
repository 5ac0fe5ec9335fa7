"""Gradient accumulation: grad_req='add', three backward calls to an update, then zero_grad."""

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
net.add(nn.Dense(16, activation="relu"), nn.Dense(4))
net.initialize(mx.init.Xavier())
net.collect_params().setattr("grad_req", "add")
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": options.lr})

for _ in range(4):
    for _ in range(3):
        data = nd.array(np.random.randn(4, 10))
        label = nd.array(np.random.randint(0, 4, 4))
        with autograd.record():
            loss = -nd.pick(nd.log(nd.softmax(net(data))), label)
        loss.backward()
        print(repr(float(loss.mean().asscalar())))
    trainer.step(12)
    net.collect_params().zero_grad()
