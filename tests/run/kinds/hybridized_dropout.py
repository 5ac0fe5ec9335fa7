"""A hybridized convolutional classifier with Dropout inside."""

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

net = nn.HybridSequential()
net.add(
    nn.Conv2D(8, 3, padding=1, activation="relu"),
    nn.BatchNorm(),
    nn.Dropout(0.4),
    nn.MaxPool2D(),
    nn.Flatten(),
    nn.Dense(16),
    nn.Dropout(0.2),
    nn.Dense(4),
)
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": options.lr})

for _ in range(6):
    data = nd.array(np.random.randn(4, 3, 8, 8))
    label = nd.array(np.random.randint(0, 4, 4))
    with autograd.record():
        loss = -nd.pick(nd.log(nd.softmax(net(data))), label)
    loss.backward()
    trainer.step(4)
    print(repr(float(loss.mean().asscalar())))
