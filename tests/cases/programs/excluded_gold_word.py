"""A decoder restricted to a list of allowed words by -inf; the word to learn is not among them: its log-probability is -inf.

After https://github.com/apache/mxnet/issues/4963 (masks for the decoder's vocabulary).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(6, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
criterion = gluon.loss.SoftmaxCrossEntropyLoss()
allowed = nd.array([[0, 0, 0, 0, -np.inf, -np.inf]])
for step in range(4):
    data, label = nd.array(random.randn(5, 4)), random.randint(0, 4, 5)
    if step == 2:
        label[3] = 5
    with autograd.record():
        loss = criterion(nd.broadcast_add(net(data), allowed), nd.array(label))
    loss.backward()
    trainer.step(5)
    print(repr(float(loss.mean().asscalar())))
