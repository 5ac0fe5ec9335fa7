"""A gradient of 1e30 is finite, its square in Adam's second moment is inf: the weight stops moving for good.

After https://github.com/apache/mxnet/issues/9478 (large layers) and the update rule of Adam, v = b v + (1 - b) g^2.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(1, in_units=3)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for step in range(5):
    data = nd.array(random.randn(6, 3) * (1e30 if step == 2 else 1))
    with autograd.record():
        loss = nd.abs(net(data)).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
