"""An entropy bonus p * log p over a policy whose forbidden moves have a score of -inf: 0 * -inf.

After https://github.com/pytorch/pytorch/issues/114049 (0 * log 0 in a divergence).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(5, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for step in range(4):
    forbidden = random.rand(6, 5) < (0 if step < 2 else 0.3)
    forbidden[:, 0] = False
    with autograd.record():
        score = nd.where(nd.array(forbidden), nd.full((6, 5), -np.inf), net(nd.array(random.randn(6, 4))))
        entropy = -(nd.softmax(score) * nd.log_softmax(score)).sum(axis=1)
        loss = -entropy.mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
