"""The norm of a weight that is still zero, as a penalty: its gradient is 0 / 0.

After https://github.com/pytorch/pytorch/issues/2421 (gradient of zero norm is nan).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(2, in_units=3)
net.initialize(mx.init.Zero())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(3):
    data, label = nd.array(random.randn(6, 3)), nd.array(random.randint(0, 2, 6))
    with autograd.record():
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(net(data), label).mean()
        loss = loss + 0.01 * nd.norm(net.weight.data())
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
