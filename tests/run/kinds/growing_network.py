"""A network that gets another layer after every second iteration, and a new Trainer with it."""

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

body = nn.HybridSequential()
head = nn.Dense(4, in_units=8)
net = nn.HybridSequential()
net.add(body, head)
body.add(nn.Dense(8, activation="tanh", in_units=8))
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})

for i in range(8):
    if i in (2, 4, 6):
        layer = nn.Dense(8, activation="tanh", in_units=8)
        layer.initialize(mx.init.Xavier())
        body.add(layer)
        net.hybridize()
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": options.lr if i == 6 else 0.1})
    data = nd.array(np.random.randn(8, 8))
    label = nd.array(np.random.randint(0, 4, 8))
    with autograd.record():
        loss = -nd.pick(nd.log(nd.softmax(net(data))), label).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
