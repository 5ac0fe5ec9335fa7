"""A bare executor (simple_bind) and an update by hand; cosine similarity divides by the norm of each sample."""

import argparse

import mxnet as mx
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--blank-from", type=int, default=100, help="first iteration with a sample of zeros")
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

data = mx.sym.Variable("data")
target = mx.sym.Variable("target")
embedding = mx.sym.FullyConnected(data, num_hidden=4, no_bias=True, name="fc")
norm = mx.sym.sqrt(mx.sym.sum(mx.sym.square(embedding), axis=1, keepdims=True))
cosine = mx.sym.sum(mx.sym.broadcast_div(embedding, norm) * target, axis=1)
loss = mx.sym.MakeLoss(mx.sym.mean(1 - cosine))

executor = loss.simple_bind(
    mx.cpu(), data=(8, 6), target=(8, 4), grad_req={"data": "null", "target": "null", "fc_weight": "write"}
)
executor.arg_dict["fc_weight"][:] = mx.nd.random.normal(scale=0.3, shape=(4, 6))

for i in range(6):
    sample = np.random.randn(8, 6)
    if i >= options.blank_from:
        sample[5] = 0
    direction = np.random.randn(8, 4)
    executor.arg_dict["data"][:] = sample
    executor.arg_dict["target"][:] = direction / np.linalg.norm(direction, axis=1, keepdims=True)
    executor.forward(is_train=True)
    executor.backward()
    executor.arg_dict["fc_weight"][:] -= 0.1 * executor.grad_dict["fc_weight"]
    print(repr(float(executor.outputs[0].asnumpy().mean())))
