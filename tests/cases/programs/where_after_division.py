"""where(n > 0, s / n, 0) with a learned n that is 0 for some rows.

After https://github.com/pytorch/pytorch/issues/52248 (where, and a division in the other branch).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(2, in_units=3)
net.initialize(mx.init.Normal(1))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.02})
for _ in range(3):
    with autograd.record():
        output = net(nd.array(random.randn(8, 3)))
        share, total = nd.abs(output[:, 0]), nd.relu(output[:, 1])
        ratio = nd.where(total > 0, share / total, nd.zeros_like(total))
        loss = nd.tanh(ratio).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
