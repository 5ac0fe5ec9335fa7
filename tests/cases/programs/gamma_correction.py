"""A learned image layer ends in x ** (1 / 2.2), and some pixels are below 0.

After https://github.com/apache/mxnet/issues/9572 and https://github.com/apache/mxnet/issues/1071 (pow returns nan).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Conv2D(1, 3, padding=1, in_channels=1)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(3):
    image = nd.array(random.rand(2, 1, 6, 6))
    with autograd.record():
        loss = nd.abs(net(image) ** (1 / 2.2) - image).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
