"""A convolution of 1e20 by 1e20 over nine pixels of three channels.

After https://github.com/apache/mxnet/issues/9478 (activations that grow from layer to layer).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Conv2D(4, 3, in_channels=3, use_bias=False), nn.GlobalAvgPool2D(), nn.Dense(1, in_units=4))
net.initialize(mx.init.Xavier())
net[0].weight.set_data(nd.array(random.randn(4, 3, 3, 3) * 1e20))
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-30})
for step in range(3):
    with autograd.record():
        loss = nd.abs(net(nd.array(random.rand(2, 3, 6, 6) * (1e20 if step == 1 else 1)))).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
