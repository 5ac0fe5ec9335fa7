"""A gradient of a gradient in plain NDArrays, with an operator that every version can differentiate twice."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, nd

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

x = nd.array(np.random.randn(8))
x.attach_grad()

for _ in range(6):
    with autograd.record():
        y = nd.exp(x)
        (slope,) = autograd.grad(y, [x], create_graph=True, retain_graph=True)
    slope.backward(-nd.ones(8))
    x[:] = x - options.lr * x.grad
    print(repr(float(slope.mean().asscalar())))
