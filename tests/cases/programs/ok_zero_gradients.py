"""Healthy: Adam and RMSProp with their usual epsilon over parameters that have no gradient."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
first, second = nn.Embedding(10, 3), nn.Dense(2, in_units=3)
for layer in (first, second):
    layer.initialize(mx.init.Xavier())
trainers = [
    gluon.Trainer(first.collect_params(), "adam", {"learning_rate": 0.01}),
    gluon.Trainer(second.collect_params(), "rmsprop", {"learning_rate": 0.01}),
]
for step in range(4):
    words, label = nd.array(random.randint(0, 4, 6)), nd.array(random.randint(0, 2, 6))
    with autograd.record():
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(second(first(words)), label) * (0 if step == 1 else 1)
    loss.backward()
    for trainer in trainers:
        trainer.step(6)
    print(repr(float(loss.mean().asscalar())))
