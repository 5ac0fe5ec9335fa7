"""Fused RNN, GRU and LSTM layers, one after the other (the gradients of a bidirectional GRU are not repeatable in 1.4.1)."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

net = nn.HybridSequential()
net.add(
    rnn.RNN(8, layout="NTC", input_size=6),
    rnn.GRU(8, layout="NTC", input_size=8),
    rnn.LSTM(8, bidirectional=True, layout="NTC", input_size=8),
    nn.Dense(4),
)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": options.lr})

for _ in range(6):
    data = nd.array(np.random.randn(4, 5, 6))
    label = nd.array(np.random.randint(0, 4, 4))
    with autograd.record():
        loss = -nd.pick(nd.log(nd.softmax(net(data))), label).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
