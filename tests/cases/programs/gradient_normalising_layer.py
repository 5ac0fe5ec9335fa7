"""A layer between body and head that hands every sample's gradient on with length one."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(29)
rng = np.random.RandomState(29)


class EqualPull(autograd.Function):
    def forward(self, x):
        return x * 1

    def backward(self, grad):
        length = nd.sqrt(nd.square(grad).sum(axis=1, keepdims=True))
        return nd.broadcast_div(grad, length) / grad.shape[0]


body = gluon.nn.Sequential()
body.add(gluon.nn.Dense(16, activation="tanh", in_units=5), gluon.nn.Dense(8, in_units=16))
head = gluon.nn.Dense(1, in_units=8)
for part in (body, head):
    part.initialize(mx.init.Xavier())
train_body = gluon.Trainer(body.collect_params(), "sgd", {"learning_rate": 0.03})
train_head = gluon.Trainer(head.collect_params(), "sgd", {"learning_rate": 0.03})
hinge = gluon.loss.HingeLoss(margin=3)

for step in range(60):
    x = rng.normal(0, 1, (8, 5)).astype("float32")
    sign = np.where(x[:, 0] + 0.3 * x[:, 1] > 0, 1, -1)
    with autograd.record():
        features = EqualPull()(body(nd.array(x)))
        loss = hinge(head(features), nd.array(sign))
    loss.backward()
    train_head.step(8)
    train_body.step(1)
    if step % 3 == 0:
        print(step, loss.mean().asscalar())
