"""Lp pooling over a window of zeros: 1.4.1 divides 0 by 0 in its gradient.

After https://github.com/tensorflow/mesh/issues/6 (gradient of a power close to 0); the operator is Pooling with pool_type lp.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Conv2D(2, 3, padding=1, in_channels=1, use_bias=False)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.05})
for step in range(3):
    image = random.rand(2, 1, 8, 8)
    if step == 1:
        image[1, 0, :4, :4] = 0
    with autograd.record():
        pooled = nd.Pooling(net(nd.array(image)), kernel=(2, 2), stride=(2, 2), pool_type="lp", p_value=2)
        loss = nd.square(pooled - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
