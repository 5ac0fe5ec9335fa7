"""autograd.grad returns the gradients; the update is the user's own."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, nd

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

weights = [nd.random.normal(scale=0.1, shape=(10, 16)), nd.random.normal(scale=0.1, shape=(16, 4))]
for weight in weights:
    weight.attach_grad()

for _ in range(6):
    data = nd.array(np.random.randn(8, 10))
    label = nd.array(np.random.randint(0, 4, 8))
    with autograd.record():
        scores = nd.dot(nd.tanh(nd.dot(data, weights[0])), weights[1])
        loss = -nd.pick(nd.log(nd.softmax(scores)), label).mean()
        gradients = autograd.grad(loss, weights)
    for weight, gradient in zip(weights, gradients):
        weight -= options.lr * gradient
    print(repr(float(loss.asscalar())))
