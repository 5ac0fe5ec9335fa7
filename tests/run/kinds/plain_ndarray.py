"""Logistic regression in plain NDArrays: attach_grad, and gradient descent in place."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, nd

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

weight = nd.random.normal(scale=0.1, shape=(10, 4))
bias = nd.zeros(4)
for parameter in (weight, bias):
    parameter.attach_grad()

for _ in range(6):
    data = nd.array(np.random.randn(8, 10))
    label = nd.array(np.random.randint(0, 4, 8))
    with autograd.record():
        scores = nd.dot(data, weight) + bias
        loss = -nd.pick(nd.log(nd.softmax(scores)), label).mean()
    loss.backward()
    for parameter in (weight, bias):
        parameter[:] = parameter - options.lr * parameter.grad
    print(repr(float(loss.asscalar())))
