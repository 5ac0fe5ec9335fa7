"""AdaGrad with eps=0 over one-hot features: a column that has not occurred has a history of 0.

After https://github.com/apache/mxnet/pull/11392 (AdaGrad's eps as initial history accumulator).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(2, in_units=7)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "adagrad", {"learning_rate": 0.1, "eps": 0})
for _ in range(3):
    data, label = nd.one_hot(nd.array(random.randint(0, 5, 8)), 7), nd.array(random.randint(0, 2, 8))
    with autograd.record():
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(net(data), label)
    loss.backward()
    trainer.step(8)
    print(repr(float(loss.mean().asscalar())))
