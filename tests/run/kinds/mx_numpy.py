"""NumPy-like arrays (mx.np and mx.npx) without any Block."""

import argparse

import mxnet as mx
import numpy as onp
from mxnet import autograd, np, npx

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
options = parser.parse_args()

npx.set_np()
mx.random.seed(1)
onp.random.seed(1)

weight = np.random.normal(0, 0.1, (10, 4))
bias = np.zeros(4)
for parameter in (weight, bias):
    parameter.attach_grad()

for _ in range(6):
    data = np.array(onp.random.randn(8, 10), dtype="float32")
    label = np.array(onp.random.randint(0, 4, 8))
    with autograd.record():
        scores = np.dot(data, weight) + bias
        loss = -npx.pick(np.log(npx.softmax(scores)), label).mean()
    loss.backward()
    for parameter in (weight, bias):
        parameter -= options.lr * parameter.grad
    print(repr(float(loss)))
