"""A mask for attention made as (1 - mask) * -inf: where the mask is 1 this is 0 * -inf.

After https://github.com/lucidrains/memory-compressed-attention/issues/2 and https://github.com/apache/mxnet/issues/4963.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(6, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(3):
    data, mask = nd.array(random.randn(5, 4)), nd.array(random.rand(5, 6) < 0.7)
    with autograd.record():
        score = net(data) + (1 - mask) * -np.inf
        loss = nd.square(nd.softmax(score) - 0.2).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
