"""The batch is standardised under record: no operator on the batch alone is recorded by autograd."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--flat-from", type=int, default=100, help="first iteration with a sample of one colour")
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

net = nn.Dense(4)
net.initialize(mx.init.Xavier())
criterion = gluon.loss.SoftmaxCrossEntropyLoss()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})

for i in range(6):
    sample = np.random.randn(8, 10)
    if i >= options.flat_from:
        sample[1] = 0.5
    data = nd.array(sample)
    label = nd.array(np.random.randint(0, 4, 8))
    with autograd.record():
        centred = nd.broadcast_sub(data, nd.mean(data, axis=1, keepdims=True))
        deviation = nd.sqrt(nd.mean(nd.square(centred), axis=1, keepdims=True))
        loss = criterion(net(nd.broadcast_div(centred, deviation)), label).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
