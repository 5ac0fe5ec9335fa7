"""A CustomOp of the program's own takes the log of a probability of exactly 0 in NumPy.

General: losses written as mx.operator.CustomOp.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


class Surprise(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        with np.errstate(divide="ignore"):
            self.assign(out_data[0], req[0], nd.array(-np.log(in_data[0].asnumpy())))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], -out_grad[0] / in_data[0])


@mx.operator.register("surprise")
class SurpriseProp(mx.operator.CustomOpProp):
    def __init__(self):
        super().__init__(need_top_grad=True)

    def create_operator(self, ctx, shapes, dtypes):
        return Surprise()


mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(3, in_units=4, activation="relu")
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(2):
    with autograd.record():
        loss = nd.Custom(net(nd.array(random.randn(5, 4))), op_type="surprise").mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
