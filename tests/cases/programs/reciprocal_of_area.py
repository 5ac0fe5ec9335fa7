"""Boxes are normalised by nd.reciprocal of their area; a box has none.

After https://github.com/zhreshold/mxnet-ssd/issues/147 (both losses go to nan on an own dataset).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(4, in_units=6)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for step in range(4):
    box = random.rand(5, 4) + 0.1
    if step == 2:
        box[3, 2] = 0
    box = nd.array(box)
    with autograd.record():
        weight = nd.reciprocal(box[:, 2] * box[:, 3])
        loss = (nd.abs(net(nd.array(random.randn(5, 6))) - box).sum(axis=1) * weight).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
