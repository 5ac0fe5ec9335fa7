"""Healthy: validation of an untrained head gives inf perplexity and NaN correlation outside of record; training goes on."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Dense(6, in_units=4, activation="relu"), nn.Dense(2, in_units=6))
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for _ in range(3):
    with autograd.record():
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(net(nd.array(random.randn(6, 4))), nd.array(random.randint(0, 2, 6)))
    loss.backward()
    trainer.step(6)
    score = net(nd.array(random.randn(6, 4) * 1000))
    perplexity = nd.exp(gluon.loss.SoftmaxCrossEntropyLoss()(score, nd.array(random.randint(0, 2, 6))).mean())
    constant = nd.ones(6) - nd.ones(6).mean()
    correlation = (constant * constant).mean() / nd.sqrt(nd.square(constant).mean() * 0)
    print(loss.asnumpy().tolist(), float(perplexity.asscalar()), float(correlation.asscalar()))
