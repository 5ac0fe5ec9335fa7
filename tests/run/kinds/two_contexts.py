"""Two devices: the batch is split, and the losses go to one backward."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

contexts = [mx.cpu(0), mx.cpu(1)]
net = nn.HybridSequential()
net.add(nn.Dense(16, activation="relu"), nn.BatchNorm(), nn.Dense(4))
net.initialize(mx.init.Xavier(), ctx=contexts)
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": options.lr})

for _ in range(6):
    data = gluon.utils.split_and_load(np.random.randn(8, 10).astype("float32"), contexts)
    label = gluon.utils.split_and_load(np.random.randint(0, 4, 8).astype("float32"), contexts)
    with autograd.record():
        losses = [-nd.pick(nd.log(nd.softmax(net(x))), y).mean() for x, y in zip(data, label)]
    autograd.backward(losses)
    trainer.step(2)
    print(*[repr(float(loss.asscalar())) for loss in losses])
