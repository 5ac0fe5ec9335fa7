"""An activation written as a Python operator (mx.operator.CustomOp) in a network that otherwise is Gluon's."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)


class Softsign(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        x = in_data[0].asnumpy()
        self.assign(out_data[0], req[0], mx.nd.array(x / (1 + np.abs(x))))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        x = in_data[0].asnumpy()
        self.assign(in_grad[0], req[0], mx.nd.array(out_grad[0].asnumpy() / np.square(1 + np.abs(x))))


@mx.operator.register("my_softsign")
class SoftsignProperties(mx.operator.CustomOpProp):
    def __init__(self):
        super().__init__(need_top_grad=True)

    def infer_shape(self, in_shape):
        return in_shape, [in_shape[0]], []

    def create_operator(self, ctx, shapes, dtypes):
        return Softsign()


first = nn.Dense(16)
second = nn.Dense(4)
net = nn.Sequential()
net.add(first, second)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": options.lr})

for _ in range(6):
    data = nd.array(np.random.randn(8, 10))
    label = nd.array(np.random.randint(0, 4, 8))
    with autograd.record():
        hidden = nd.Custom(first(data), op_type="my_softsign")
        loss = -nd.pick(nd.log(nd.softmax(second(hidden))), label).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
