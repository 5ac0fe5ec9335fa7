"""KLDivLoss takes the log of the label; -1 was meant as `ignore`.

After https://github.com/apache/mxnet/issues/18506 (KLDivLoss) and https://github.com/apache/mxnet/issues/8404 (ignore labels).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(3)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
criterion = gluon.loss.KLDivLoss(from_logits=False)
for step in range(4):
    data = nd.array(random.randn(6, 5))
    soft = random.dirichlet(np.ones(3), 6)
    if step == 2:
        soft[4] = -1
    soft = nd.array(soft)
    with autograd.record():
        loss = criterion(net(data), soft).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
