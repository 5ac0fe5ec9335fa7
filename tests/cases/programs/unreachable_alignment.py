"""A monotonic alignment in log space: 3 symbols do not fit into 2 frames, so the end is reached with probability 0, log 0.

After https://github.com/chainer/chainer/issues/5614 and https://github.com/meijieru/crnn.pytorch/issues/235 (too long labels).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(5, in_units=4, flatten=False)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for frames in (5, 4, 2):
    data, label = nd.array(random.randn(frames, 4)), [1, 3, 2]
    with autograd.record():
        score = nd.log_softmax(net(data))
        total = [score[0, label[0]], nd.array([-np.inf]), nd.array([-np.inf])]
        for t in range(1, frames):
            stay = [total[0]] + [nd.maximum(total[s - 1], total[s]) for s in (1, 2)]
            total = [stay[s] + score[t, label[s]] for s in range(3)]
        loss = -total[2]
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
