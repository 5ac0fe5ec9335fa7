"""RMSProp with epsilon=0 on a bias whose gradient is exactly 0 in the first step.

After https://github.com/ibab/tensorflow-wavenet/issues/149 (Adam and RMSProp, and their epsilon).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(3, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "rmsprop", {"learning_rate": 0.01, "epsilon": 0})
for _ in range(4):
    data = random.randn(6, 4)
    data[:, 1] = 0
    with autograd.record():
        loss = nd.abs(net(nd.array(data))).sum(axis=1)
    loss.backward()
    trainer.step(6)
    print(repr(float(loss.mean().asscalar())))
