"""A softplus where(x > 20, x, log(1 + exp(x))): exp overflows in the branch that is not taken.

After https://github.com/Ciela-Institute/caustics/pull/83 (where does not protect from nans in the off branch).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(3, in_units=2)
net.initialize(mx.init.Normal(1))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.001})
for step in range(3):
    data = random.randn(6, 2) * (1 if step < 1 else 150)
    with autograd.record():
        output = net(nd.array(data))
        softplus = nd.where(output > 20, output, nd.log(1 + nd.exp(output)))
        loss = softplus.mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
