"""A squared logarithmic error: log1p of a predicted price below -1.

After https://github.com/apache/mxnet/issues/9358 (Train-mse=NaN) and the house price exercise of many courses.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(1, in_units=5)
net.initialize(mx.init.Normal(2))
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for _ in range(3):
    data, price = nd.array(random.randn(8, 5)), nd.array(random.rand(8, 1))
    with autograd.record():
        loss = nd.square(nd.log1p(net(data)) - nd.log1p(price)).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
