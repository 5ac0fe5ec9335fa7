"""A table with a missing field, read with genfromtxt: it becomes NaN.

After https://github.com/apache/mxnet/issues/5155 (rmse=nan from the first batch on).
"""

import io

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
table = io.StringIO("1.0,2.0,0.5\n0.2,,1.5\n0.7,0.1,0.9\n1.1,0.4,0.3\n")
rows = np.genfromtxt(table, delimiter=",")
net = nn.Dense(1)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for _ in range(3):
    with autograd.record():
        loss = gluon.loss.L2Loss()(net(nd.array(rows[:, :2])), nd.array(rows[:, 2])).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
