"""InstanceNorm with epsilon 0 meets a channel that is the same everywhere: (x - mean) / 0.

General: constant patches in style transfer.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.InstanceNorm(in_channels=2, epsilon=0.0), nn.Conv2D(3, 3, in_channels=2), nn.Dense(2, in_units=48))
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "ftrl", {"learning_rate": 0.1})
for step in range(4):
    image = random.rand(3, 2, 6, 6)
    if step == 3:
        image[1, 1] = 0.5
    with autograd.record():
        loss = gluon.loss.L1Loss()(net(nd.array(image)), nd.array(random.randn(3, 2)))
    loss.backward()
    trainer.step(3)
    print(loss.asnumpy().tolist())
