"""A negative binomial likelihood: softplus of a very negative output is exactly 0, and its log is taken.

After https://github.com/awslabs/gluonts/pull/1893 and https://github.com/awslabs/gluonts/issues/833.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(2, in_units=3)
net.initialize(mx.init.Normal(0.1))
net.bias.set_data(nd.array([-300, 0.5]))
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.001})
for _ in range(3):
    data, count = nd.array(random.rand(5, 3)), nd.array(random.poisson(3, 5))
    with autograd.record():
        output = nd.Activation(net(data), act_type="softrelu")
        mu, alpha = output[:, 0], output[:, 1]
        share = nd.log(mu) - nd.log(1 / alpha + mu)
        rest = -nd.log(1 + alpha * mu) / alpha
        gammas = nd.gammaln(count + 1 / alpha) - nd.gammaln(1 / alpha) - nd.gammaln(count + 1)
        loss = -(count * share + rest + gammas).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
