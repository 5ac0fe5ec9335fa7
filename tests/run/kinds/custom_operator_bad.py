"""A normalisation written as a Python operator: it divides by a norm that may be zero."""

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


class Normalise(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        x = in_data[0].asnumpy()
        self.assign(out_data[0], req[0], mx.nd.array(x / np.linalg.norm(x, axis=1, keepdims=True)))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        x, y, g = in_data[0].asnumpy(), out_data[0].asnumpy(), out_grad[0].asnumpy()
        self.assign(
            in_grad[0], req[0], mx.nd.array((g - y * (g * y).sum(1, keepdims=True)) / np.linalg.norm(x, axis=1, keepdims=True))
        )


@mx.operator.register("my_normalise")
class NormaliseProperties(mx.operator.CustomOpProp):
    def infer_shape(self, in_shape):
        return in_shape, [in_shape[0]], []

    def create_operator(self, ctx, shapes, dtypes):
        return Normalise()


net = nn.Dense(6, use_bias=False)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})

for i in range(6):
    sample = np.random.randn(8, 10)
    if i >= options.blank_from:
        sample[4] = 0
    target = nd.array(np.random.randn(8, 6))
    with autograd.record():
        loss = nd.square(nd.Custom(net(nd.array(sample)), op_type="my_normalise") - target).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
