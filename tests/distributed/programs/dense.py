"""One layer over a key-value store of several workers; in its fourth iteration something happens to worker 1."""

import os
import sys

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

kind, event = sys.argv[1:3]
mx.random.seed(1)
store = mx.kv.create(kind)
net = nn.Dense(4, in_units=6)
net.initialize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1}, kvstore=store)
draw = np.random.RandomState(store.rank)
for step in range(6):
    data = draw.randn(8, 6)
    if step == 3 and store.rank == 1:
        if event == "overflow":
            data[2] *= 1e3
        else:
            os.kill(os.getpid(), 9)
    with autograd.record():
        loss = nd.exp(net(nd.array(data))).mean()
    loss.backward()
    trainer.step(8 * store.num_workers)
    print("loss", step, float(loss.asscalar()), flush=True)
