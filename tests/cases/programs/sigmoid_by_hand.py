"""1 / (1 + exp(-x)) written out: at x = -200 exp is inf, the value 0 is right, and the gradient is 0 * inf.

General; the textbook's form of the logistic function.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


class Gate(nn.HybridBlock):
    def hybrid_forward(self, F, x):
        return 1 / (1 + F.exp(-x))


mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Dense(6, in_units=4, activation="tanh"), nn.Dense(3, in_units=6), Gate())
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for step in range(4):
    if step == 2:
        net[1].bias.set_data(nd.array([0, -200, 0]))
    with autograd.record():
        loss = gluon.loss.L2Loss()(net(nd.array(random.randn(5, 4))), nd.array(random.rand(5, 3)))
    loss.backward()
    trainer.step(5)
    print(loss.asnumpy().tolist())
