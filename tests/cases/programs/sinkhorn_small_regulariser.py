"""Sinkhorn iterations with a small regulariser: a row of exp(-cost / 0.001) is 0 throughout, and its scaling is 1 / 0.

After https://github.com/rajewsky-lab/novosparc/issues/50 (division by zero in sinkhorn with a low epsilon).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(2, in_units=3)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for step in range(3):
    regulariser = 1.0 if step < 2 else 0.001
    goal = nd.array(random.randn(5, 2))
    with autograd.record():
        point = net(nd.array(random.randn(4, 3)))
        cost = nd.square(nd.broadcast_sub(point.expand_dims(1), goal.expand_dims(0))).sum(axis=2)
        kernel = nd.exp(-cost / regulariser)
        across = nd.ones((5, 1))
        for _ in range(3):
            down = 0.25 / nd.dot(kernel, across)
            across = 0.2 / nd.dot(kernel, down, transpose_a=True)
        plan = nd.broadcast_mul(nd.broadcast_mul(down, kernel), across.T)
        loss = (plan * cost).sum()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
