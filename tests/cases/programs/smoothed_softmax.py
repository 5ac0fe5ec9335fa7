"""Label smoothing written over log(softmax): every class counts, also those far below.

After https://github.com/harvardnlp/annotated-transformer/issues/109 (label smoothing inf).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Dense(16, in_units=6, activation="relu"), nn.Dense(10, in_units=16))
net.initialize(mx.init.Normal(4))
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.001})
for _ in range(3):
    data, label = nd.array(random.randn(8, 6) * 3), nd.array(random.randint(0, 10, 8))
    smooth = nd.one_hot(label, 10) * 0.9 + 0.01
    with autograd.record():
        loss = -(smooth * nd.log(nd.softmax(net(data), axis=-1))).sum(axis=-1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
