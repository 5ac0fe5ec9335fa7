"""Healthy: sigmoid cross entropy, hinge and logistic loss at scores of +-1000."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(1, in_units=3)
net.initialize(mx.init.Normal(1))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-5})
criteria = [gluon.loss.SigmoidBinaryCrossEntropyLoss(), gluon.loss.HingeLoss(), gluon.loss.LogisticLoss()]
for _ in range(4):
    data, label = nd.array(random.randn(6, 3) * 1000), nd.array(random.randint(0, 2, (6, 1)))
    with autograd.record():
        output = net(data)
        loss = sum(criterion(output, label if i == 0 else 2 * label - 1).mean() for i, criterion in enumerate(criteria))
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
