"""Healthy: CTC labels that need every step there is, ends of rows that are told by lengths, and labels without a symbol."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(5, in_units=4, flatten=False)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-3})
by_last, by_padding = gluon.loss.CTCLoss(layout="TNC"), gluon.loss.CTCLoss(layout="NTC")
for _ in range(4):
    data = random.randn(3, 5, 4)
    with autograd.record():
        score = net(nd.array(data))
        fits = by_padding(score, nd.array([[1, 2, 1, 2], [3, 3, 3, -1], [-1, -1, -1, -1]]))
        told = by_last(
            nd.swapaxes(score, 0, 1),
            nd.array([[1, 1, 1, 1], [0, 0, 0, 0], [7, 9, 9, 9]]),
            nd.array([5, 3, 1]),
            nd.array([3, 2, 0]),
        )
        first = nd.CTCLoss(nd.swapaxes(score, 0, 1), nd.array([[1, 1, 2, 0], [4, 0, 0, 1], [0, 9, 9, 9]]))
        loss = (fits + told + first).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
