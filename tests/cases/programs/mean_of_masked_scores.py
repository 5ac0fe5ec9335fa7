"""The mean of log-probabilities of which some are masked with -inf; the mean takes in those too.

After https://github.com/apache/mxnet/pull/19703 (masked_log_softmax gives -inf for masked values).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(5, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for step in range(4):
    allowed = random.rand(6, 5) < (0.6 if step == 2 else 2)
    allowed[:, 0] = True
    data = random.randn(6, 4)
    with autograd.record():
        score = nd.where(nd.array(allowed), net(nd.array(data)), nd.full((6, 5), -np.inf))
        loss = nd.log_softmax(score).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
