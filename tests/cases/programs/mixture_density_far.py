"""A mixture density network: a target 40 deviations from every component has likelihood exp(-800) = 0, and its log is -inf.

After https://github.com/keras-team/keras/issues/1061 (a mixture density network's loss goes inf, then nan).
"""

import math

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


class Mixture(nn.HybridBlock):
    def __init__(self, components, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.weight = nn.Dense(components, in_units=8)
            self.centre = nn.Dense(components, in_units=8)
            self.width = nn.Dense(components, in_units=8)

    def hybrid_forward(self, F, hidden):
        return F.softmax(self.weight(hidden)), self.centre(hidden), F.Activation(self.width(hidden), act_type="softrelu") + 0.1


mx.random.seed(1)
random = np.random.RandomState(1)
body, head = nn.Dense(8, in_units=3, activation="tanh"), Mixture(4)
for part in (body, head):
    part.initialize(mx.init.Xavier())
    part.hybridize()
parameters = body.collect_params()
parameters.update(head.collect_params())
trainer = gluon.Trainer(parameters, "rmsprop", {"learning_rate": 0.001})
for step in range(4):
    target = random.randn(6, 1)
    if step == 3:
        target[4] = 500
    with autograd.record():
        weight, centre, width = head(body(nd.array(random.randn(6, 3))))
        apart = nd.broadcast_div(nd.broadcast_sub(nd.array(target), centre), width)
        density = nd.exp(-0.5 * nd.square(apart)) / (width * math.sqrt(2 * math.pi))
        loss = -nd.log((weight * density).sum(axis=1))
    loss.backward()
    trainer.step(6)
    print(repr(float(loss.mean().asscalar())))
