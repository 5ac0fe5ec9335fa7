"""A backbone with frozen statistics, the running variance of one channel is NaN in the checkpoint.

After https://github.com/apache/mxnet/issues/18751 (BatchNorm's moving variance turns NaN with a batch of one).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(
    nn.Conv2D(4, 3, in_channels=3),
    nn.BatchNorm(use_global_stats=True, in_channels=4),
    nn.GlobalAvgPool2D(),
    nn.Dense(2, in_units=4),
)
net.initialize(mx.init.Xavier())
net[1].running_var.set_data(nd.array([1.0, 0.5, np.nan, 2.0]))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(3):
    data, label = nd.array(random.randn(4, 3, 6, 6)), nd.array(random.randint(0, 2, 4))
    with autograd.record():
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(net(data), label)
    loss.backward()
    trainer.step(4)
    print(repr(float(loss.mean().asscalar())))
