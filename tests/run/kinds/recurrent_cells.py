"""Recurrent cells, unrolled by hand, with Dropout between them."""

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

cells = rnn.SequentialRNNCell()
cells.add(rnn.LSTMCell(8, input_size=6))
cells.add(rnn.DropoutCell(0.3))
cells.add(rnn.GRUCell(8, input_size=8))
decoder = nn.Dense(4, in_units=8)
for net in (cells, decoder):
    net.initialize(mx.init.Xavier())
trainers = [gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": options.lr}) for net in (cells, decoder)]

for _ in range(6):
    data = nd.array(np.random.randn(4, 5, 6))
    label = nd.array(np.random.randint(0, 4, 4))
    with autograd.record():
        outputs, _ = cells.unroll(5, data, layout="NTC", merge_outputs=False)
        loss = -nd.pick(nd.log(nd.softmax(decoder(outputs[-1]))), label).mean()
    loss.backward()
    for trainer in trainers:
        trainer.step(1)
    print(repr(float(loss.asscalar())))
