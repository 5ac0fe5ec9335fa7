"""CIoU: the ratio of width and height of a padding box is 0 / 0 inside arctan; there is a loss for the classes beside it.

After https://github.com/tensorflow/addons/pull/914 (CIoU of boxes with width and height 0 is nan).
"""

import math

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


class Detector(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.body = nn.Dense(12, in_units=6, activation="relu")
            self.box, self.name_of = nn.Dense(2, in_units=12), nn.Dense(3, in_units=12)

    def hybrid_forward(self, F, data):
        hidden = self.body(data)
        return F.sigmoid(self.box(hidden)), self.name_of(hidden)


class Shape(gluon.loss.Loss):
    def __init__(self, **kwargs):
        super().__init__(None, 0, **kwargs)

    def hybrid_forward(self, F, size, target):
        shown = F.arctan(F.slice_axis(size, axis=1, begin=0, end=1) / F.slice_axis(size, axis=1, begin=1, end=2))
        wanted = F.arctan(F.slice_axis(target, axis=1, begin=0, end=1) / F.slice_axis(target, axis=1, begin=1, end=2))
        return 4 / math.pi**2 * F.square(wanted - shown).mean(axis=1)


mx.random.seed(1)
random = np.random.RandomState(1)
net, shape, classes = Detector(), Shape(), gluon.loss.SoftmaxCrossEntropyLoss()
net.initialize(mx.init.Xavier())
for block in (net, shape, classes):
    block.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.05, "momentum": 0.9})
for step in range(4):
    target = random.rand(5, 2) + 0.1
    if step == 2:
        target[3] = 0
    with autograd.record():
        size, score = net(nd.array(random.randn(5, 6)))
        losses = [classes(score, nd.array(random.randint(0, 3, 5))), shape(size, nd.array(target))]
    autograd.backward(losses)
    trainer.step(5)
    print([float(each.mean().asscalar()) for each in losses])
