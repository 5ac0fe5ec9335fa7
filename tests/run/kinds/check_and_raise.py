"""A script that looks at the loss itself before backward, and raises."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--blank-from", type=int, default=100, help="first iteration with a sample of zeros")
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

net = nn.Dense(4, use_bias=False)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})

for i in range(6):
    sample = np.random.randn(8, 10)
    if i >= options.blank_from:
        sample[6] = 0
    target = nd.array(np.random.randn(8, 4))
    with autograd.record():
        embedding = net(nd.array(sample))
        embedding = nd.broadcast_div(embedding, nd.sqrt(nd.sum(embedding * embedding, axis=1, keepdims=True)))
        loss = nd.square(embedding - target).mean()
    value = float(loss.asscalar())
    if np.isnan(value):
        raise ValueError("the loss is not a number at iteration %d" % i)
    loss.backward()
    trainer.step(1)
    print(repr(value))
