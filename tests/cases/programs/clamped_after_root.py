"""maximum(sqrt(x), eps): the clamp comes after the root, its gradient of 0 meets the root's of inf.

After https://github.com/ml-explore/mlx/issues/3668.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(5, in_units=4, use_bias=False)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.05})
for step in range(4):
    data = random.randn(6, 4)
    if step == 1:
        data[0] = 0
    with autograd.record():
        output = net(nd.array(data))
        length = nd.maximum(nd.sqrt(nd.square(output).sum(axis=1, keepdims=True)), 1e-6)
        loss = nd.square(nd.broadcast_div(output, length) - 0.5).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
