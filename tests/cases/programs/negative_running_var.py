"""A converted model has a negative running variance: finite, but its root is not.

After https://github.com/apache/mxnet/issues/9216 (what BatchNorm stores as variance, and models converted from Caffe).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Sequential()
net.add(nn.Dense(3, in_units=5), nn.BatchNorm(use_global_stats=True, in_channels=3), nn.Dense(1, in_units=3))
net.initialize(mx.init.Xavier())
net[1].running_var.set_data(nd.array([0.4, -0.3, 1.0]))
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for _ in range(3):
    data = nd.array(random.randn(4, 5))
    with autograd.record():
        loss = gluon.loss.L1Loss()(net(data), nd.ones((4, 1)))
    loss.backward()
    trainer.step(4)
    print(repr(float(loss.mean().asscalar())))
