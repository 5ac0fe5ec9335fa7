"""A factorial in a likelihood by the gamma function itself: gamma(41) is beyond float32.

After https://github.com/awslabs/gluonts/issues/807 (a negative binomial likelihood; gammaln is what it should be).
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
for step in range(3):
    data, count = nd.array(random.rand(5, 3)), random.poisson(4, (5, 1))
    if step == 1:
        count[2] = 40
    count = nd.array(count)
    with autograd.record():
        rate = nd.Activation(net(data), act_type="softrelu") + 0.1
        loss = (rate - count * nd.log(rate) + nd.log(nd.gamma(count + 1))).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
