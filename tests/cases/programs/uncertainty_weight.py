"""Tasks weighted by a learned exp(-s): a task whose loss is 0 drives s down without end, until exp(-s) is inf.

General: multi-task losses weighted by their uncertainty.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


class Weighted(nn.HybridBlock):
    def __init__(self, tasks, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.s = self.params.get("s", shape=(tasks,), init=mx.init.Zero())

    def hybrid_forward(self, F, losses, s):
        return F.sum(F.exp(-s) * losses + s)


mx.random.seed(1)
random = np.random.RandomState(1)
net, weighted = nn.Dense(2, in_units=3), Weighted(2)
net.initialize(mx.init.Xavier())
weighted.initialize()
weighted.hybridize()
parameters = net.collect_params()
parameters.update(weighted.collect_params())
trainer = gluon.Trainer(parameters, "sgd", {"learning_rate": 6.0, "clip_gradient": 1.0})
for _ in range(20):
    with autograd.record():
        output = net(nd.array(random.randn(4, 3)))
        first = nd.abs(output[:, 0] - 1).mean()
        second = nd.relu(nd.abs(output[:, 1]) - 1e6).mean()
        loss = weighted(nd.concat(first, second, dim=0))
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
