"""Healthy: gradients of four micro-batches are added before a step."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(2, in_units=4)
net.initialize(mx.init.Xavier())
for parameter in net.collect_params().values():
    parameter.grad_req = "add"
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for i in range(12):
    data, label = nd.array(random.randn(3, 4)), nd.array(random.randint(0, 2, 3))
    with autograd.record():
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(net(data), label)
    loss.backward()
    if i % 4 == 3:
        trainer.step(12)
        net.collect_params().zero_grad()
    print(repr(float(loss.mean().asscalar())))
