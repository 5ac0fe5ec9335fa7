"""Tweedie deviance with power 1.5: mu^(1 - p) of a rectified mean of 0 is inf.

General: insurance claims.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Dense(6, in_units=4, activation="relu"), nn.Dropout(0.2), nn.Dense(1, in_units=6, activation="relu"))
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adadelta")
for _ in range(3):
    claim = nd.array(random.gamma(1.0, 2.0, (8, 1)))
    with autograd.record():
        mean = net(nd.array(random.randn(8, 4)))
        loss = claim * mean**-0.5 / 0.5 + mean**0.5 / 0.5
    loss.backward()
    trainer.step(8)
    print(loss.asnumpy().ravel().tolist())
