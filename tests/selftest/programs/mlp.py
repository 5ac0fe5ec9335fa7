"""A multilayer perceptron, not hybridized, whose weights are made in its first forward; data from a DataLoader."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, required=True)
lr = parser.parse_args().lr
mx.random.seed(1)
draw = np.random.RandomState(0)
x, y = draw.randn(64, 20).astype("float32"), draw.randint(0, 5, 64).astype("float32")
net = nn.Sequential()
net.add(nn.Dense(32, activation="relu"), nn.Dense(5))
net.initialize(mx.init.Xavier())
loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": lr, "momentum": 0.9})
try:
    for _ in range(3):
        for data, label in gluon.data.DataLoader(gluon.data.ArrayDataset(x, y), batch_size=8):
            with autograd.record():
                loss = loss_of(net(data), label)
            loss.backward()
            trainer.step(len(data))
finally:
    net.save_parameters("saved.params")
