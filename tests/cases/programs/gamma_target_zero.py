"""A gamma likelihood takes the log of its target, and padding has put a 0 there.

After https://github.com/awslabs/gluonts/issues/519 (sequence padding with zeros: nan loss in Gamma and Beta distributions).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(2, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for step in range(4):
    series = random.rand(6, 4) + 0.5
    target = random.rand(6) + 0.5
    if step == 1:
        target[0] = 0
    series, target = nd.array(series), nd.array(target)
    with autograd.record():
        output = nd.Activation(net(series), act_type="softrelu")
        alpha, beta = output[:, 0], output[:, 1]
        likelihood = alpha * nd.log(beta) - nd.gammaln(alpha) + (alpha - 1) * nd.log(target) - beta * target
        loss = -likelihood.mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
