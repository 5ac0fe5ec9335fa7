"""A norm as an autograd.Function; its own backward divides by the norm."""

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


class Norm(autograd.Function):
    def forward(self, x):
        y = nd.sqrt(nd.sum(x * x, axis=1))
        self.save_for_backward(x, y)
        return y

    def backward(self, dy):
        x, y = self.saved_tensors
        return x * (dy / y).expand_dims(1)


net = nn.Dense(6, use_bias=False)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})

for i in range(6):
    sample = np.random.randn(8, 10)
    if i >= options.blank_from:
        sample[4] = 0
    with autograd.record():
        loss = nd.square(Norm()(net(nd.array(sample))) - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
