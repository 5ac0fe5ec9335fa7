"""Healthy: metrics of MXNet that saw no sample are NaN, and are printed as such."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(2, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
accuracy, rare = mx.metric.Accuracy(), mx.metric.Loss("rare")
for _ in range(4):
    data, label = nd.array(random.randn(5, 4)), nd.array(random.randint(0, 2, 5))
    with autograd.record():
        output = net(data)
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(output, label)
    loss.backward()
    trainer.step(5)
    accuracy.update([label], [output])
    print(accuracy.get(), rare.get())
