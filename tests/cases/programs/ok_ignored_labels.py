"""Healthy: SoftmaxOutput with ignore_label 255, in one batch for every pixel."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Conv2D(3, 1, in_channels=2)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for step in range(4):
    image, label = nd.array(random.rand(2, 2, 5, 5)), random.randint(0, 3, (2, 5, 5))
    label[:, :2] = 255
    if step == 2:
        label[:] = 255
    with autograd.record():
        loss = nd.SoftmaxOutput(
            net(image), nd.array(label), ignore_label=255, use_ignore=True, multi_output=True, normalization="valid"
        )
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.mean().asscalar())))
