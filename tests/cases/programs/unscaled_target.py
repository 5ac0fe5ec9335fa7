"""A squared error on targets of 1e20, in SI units nobody had scaled.

After https://github.com/apache/mxnet/issues/5155 (rmse=nan).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(1, in_units=3)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-3})
for _ in range(2):
    data, target = nd.array(random.randn(4, 3)), nd.array(random.rand(4, 1) * 1e20)
    with autograd.record():
        loss = gluon.loss.L2Loss()(net(data), target)
    loss.backward()
    trainer.step(4)
    print(repr(float(loss.mean().asscalar())))
