"""A Glow step: log |det W| of an invertible 1x1 convolution whose matrix has two equal rows.

General; Glow begins with a random rotation for this reason (https://arxiv.org/abs/1807.03039).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
mixing = gluon.Parameter("mixing", shape=(3, 3), init=mx.init.One())
mixing.initialize()
scale = nn.Dense(3, in_units=3)
scale.initialize(mx.init.Xavier())
trainer = gluon.Trainer({"mixing": mixing, **scale.collect_params()}, "sgd", {"learning_rate": 0.01})
for _ in range(2):
    data = nd.array(random.randn(6, 3))
    with autograd.record():
        code = scale(nd.dot(data, mixing.data()))
        loss = nd.square(code).sum(axis=1).mean() - nd.log(nd.abs(nd.linalg.det(mixing.data())))
    loss.backward()
    trainer.step(1)
    print(loss.asnumpy().tolist())
