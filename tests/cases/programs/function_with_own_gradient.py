"""An autograd.Function computes a root and, going back, divides by it; a rectified input of 0 makes the gradient inf.

General: a gradient written by hand.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


class Root(autograd.Function):
    def forward(self, x):
        y = nd.sqrt(x)
        self.save_for_backward(y)
        return y

    def backward(self, dy):
        (y,) = self.saved_tensors
        return 0.5 * dy / y


mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(4, in_units=3, activation="relu")
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "adamax", {"learning_rate": 0.01})
for _ in range(3):
    with autograd.record():
        loss = nd.abs(Root()(net(nd.array(random.randn(6, 3)))) - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
