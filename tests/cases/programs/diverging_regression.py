"""Linear regression on x up to 1000 with a learning rate of 0.001: the error grows by a factor at every step.

After https://github.com/apache/mxnet/issues/3955 (Train-rmse=287336592309880352, then Inf, then NaN).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(1, in_units=1)
net.initialize(mx.init.Normal(0.1))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.001, "momentum": 0.9})
x = np.arange(1, 1001)
y = 3 * x + random.randn(1000) * 200
for _ in range(30):
    row = random.randint(0, 1000, 32)
    with autograd.record():
        loss = gluon.loss.L2Loss()(net(nd.array(x[row, None])), nd.array(y[row, None]))
    loss.backward()
    trainer.step(32)
    print(repr(float(loss.mean().asscalar())))
