"""A log-cosh loss as log(cosh(x)): cosh leaves float32 at 89.

After https://github.com/apache/mxnet/issues/3955 (regression on targets of some hundreds).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(1, in_units=3)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for _ in range(3):
    data, target = nd.array(random.randn(6, 3)), nd.array(random.randn(6, 1) * 200)
    with autograd.record():
        loss = nd.log(nd.cosh(net(data) - target)).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
