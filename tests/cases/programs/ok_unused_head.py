"""Healthy: a second head of the network is the log of 0, and no loss is made of it."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(3, in_units=4, activation="relu")
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(4):
    with autograd.record():
        output = net(nd.array(random.randn(6, 4)))
        level = nd.log(output)  # for a picture, of the first batch only
        loss = nd.square(output - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())), level.shape)
