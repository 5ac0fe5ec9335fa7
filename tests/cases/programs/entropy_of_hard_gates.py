"""An entropy term p log p over gates that went through hard_sigmoid: some are exactly 0.

After https://github.com/pytorch/pytorch/issues/89558 (x log x at 0).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(6, in_units=4)
net.initialize(mx.init.Normal(3))
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for _ in range(3):
    with autograd.record():
        gate = nd.clip(0.5 + 0.2 * net(nd.array(random.randn(8, 4))), 0, 1)
        loss = -(gate * nd.log(gate)).sum(axis=1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
