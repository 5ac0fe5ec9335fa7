"""Two losses of one forward, each with a backward of its own; the second is the norm of the features."""

import argparse

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

parser = argparse.ArgumentParser()
parser.add_argument("--blank-from", type=int, default=100, help="first iteration with a sample of zeros")
options = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)

features = nn.Dense(8, use_bias=False)
classifier = nn.Dense(4)
net = nn.Sequential()
net.add(features, classifier)
net.initialize(mx.init.Xavier())
net.collect_params().setattr("grad_req", "add")
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})

for i in range(6):
    sample = np.random.randn(8, 10)
    if i >= options.blank_from:
        sample[2] = 0
    data = nd.array(sample)
    label = nd.array(np.random.randint(0, 4, 8))
    with autograd.record():
        hidden = features(data)
        loss = -nd.pick(nd.log_softmax(classifier(hidden)), label).mean()
        penalty = 0.01 * nd.sqrt(nd.sum(nd.square(hidden), axis=1)).mean()
    loss.backward(retain_graph=True)
    penalty.backward()
    trainer.step(1)
    net.collect_params().zero_grad()
    print(repr(float(loss.asscalar())), repr(float(penalty.asscalar())))
