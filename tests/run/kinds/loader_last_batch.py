"""A DataLoader whose last batch may be of one sample: the unbiased variance of one number is 0 / 0."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--last-batch", default="discard", choices=["keep", "discard", "rollover"])
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

dataset = gluon.data.ArrayDataset(nd.array(np.random.randn(25, 6)), nd.array(np.random.randn(25, 1)))
loader = gluon.data.DataLoader(dataset, batch_size=8, shuffle=True, last_batch=options.last_batch)
net = nn.Dense(1)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})

for _ in range(2):
    for data, target in loader:
        with autograd.record():
            residual = net(data) - target
            variance = nd.sum(nd.square(residual - residual.mean())) / (len(data) - 1)
            loss = nd.square(residual).mean() + 0.1 * variance
        loss.backward()
        trainer.step(1)
        print(repr(float(loss.asscalar())))
