"""Healthy: a ratio for the log is 0 / 0 outside of record, and nothing depends on it."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(2, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(4):
    data, label = nd.array(random.randn(5, 4)), nd.zeros(5)
    with autograd.record():
        output = net(data)
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(output, label)
    loss.backward()
    trainer.step(5)
    found = nd.argmax(output, axis=1)
    recall = (found * label).sum() / label.sum()
    print(repr(float(loss.mean().asscalar())), np.isnan(recall.asscalar()))
