"""The distance of box centres, as a root: a perfect prediction has distance 0, on the second of two devices.

General: losses on the distance itself, not its square.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
devices = [mx.cpu(0), mx.cpu(1)]
net = nn.HybridSequential()
net.add(nn.Dense(8, in_units=5, activation="relu"), nn.Dense(2, in_units=8, activation="relu"))
net.initialize(mx.init.Xavier(), ctx=devices)
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.001})
for step in range(3):
    data, target = random.randn(6, 5), random.rand(6, 2)
    if step == 2:
        data[4], target[4] = 0, 0
    parts = zip(*[gluon.utils.split_and_load(nd.array(each), devices) for each in (data, target)])
    losses = []
    with autograd.record():
        for x, y in parts:
            point = net(x)
            losses.append(nd.norm(point - y, axis=1).mean() + 0.1 * nd.abs(point - y).mean())
    autograd.backward(losses)
    trainer.step(2)
    print([float(each.asscalar()) for each in losses])
