"""PoissonNLLLoss with from_logits=False on a raw linear output, which is negative.

After https://github.com/apache/mxnet/pull/12697 and https://github.com/pytorch/pytorch/issues/184030.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(1, in_units=4)
net.initialize(mx.init.Normal(1))
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
criterion = gluon.loss.PoissonNLLLoss(from_logits=False)
for _ in range(3):
    data, count = nd.array(random.randn(6, 4)), nd.array(random.poisson(2, (6, 1)))
    with autograd.record():
        loss = criterion(net(data), count)
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.mean().asscalar())))
