"""PoissonNLLLoss with logits, and counts of thousands fed as features without scaling.

After https://github.com/apache/mxnet/pull/12697 (PoissonNLLLoss: exp(pred) - target * pred).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Dense(1, in_units=2))
net.initialize(mx.init.Constant(0.2))
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.001})
criterion = gluon.loss.PoissonNLLLoss()
for _ in range(3):
    count = random.poisson(1000, (6, 3))
    with autograd.record():
        loss = criterion(net(nd.array(count[:, :2])), nd.array(count[:, 2:]))
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
