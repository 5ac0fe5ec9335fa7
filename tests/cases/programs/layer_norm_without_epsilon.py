"""LayerNorm with epsilon=0 over a row of equal values: 0 / 0.

After https://github.com/auroua/InsightFace_TF/issues/12 (no variance, nan).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Sequential()
net.add(nn.LayerNorm(in_channels=4, epsilon=0), nn.Dense(1, in_units=4))
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for step in range(3):
    data = random.randn(3, 4)
    if step == 1:
        data[2] = 3
    with autograd.record():
        loss = nd.square(net(nd.array(data)) - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
