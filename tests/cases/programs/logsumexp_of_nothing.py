"""A log-sum-exp that subtracts the row's maximum; all candidates of a row are excluded by -inf, so it subtracts -inf from -inf.

After https://github.com/allenai/allennlp/issues/890 (masked_log_softmax returns nan's).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(5, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for step in range(4):
    allowed = random.rand(6, 5) < 0.8
    allowed[:, 0] = True
    if step == 2:
        allowed[4] = False
    with autograd.record():
        score = net(nd.array(random.randn(6, 4)))
        score = nd.where(nd.array(allowed), score, nd.full((6, 5), -np.inf))
        highest = nd.max(score, axis=1, keepdims=True)
        total = nd.log(nd.exp(nd.broadcast_sub(score, highest)).sum(axis=1)) + highest.reshape((-1,))
        loss = (total - score[:, 0]).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
