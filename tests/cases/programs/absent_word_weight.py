"""Inverse document frequencies from counts, of which one is 0: log(0) of an operand that needs no gradient.

After https://github.com/nosuggest/deep_learning/issues/1 (sparse features with many zeros: loss is nan).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(2, in_units=6)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for step in range(4):
    counts = random.poisson(5, (4, 6)) + 1
    if step == 2:
        counts[1, 3] = 0
    counts, label = nd.array(counts), nd.array(random.randint(0, 2, 4))
    with autograd.record():
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(net(nd.log(counts)), label)
    loss.backward()
    trainer.step(4)
    print(repr(float(loss.mean().asscalar())))
