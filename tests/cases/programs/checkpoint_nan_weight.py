"""A saved checkpoint has a NaN in one weight.

After https://github.com/apache/mxnet/issues/17662 (a converted DenseNet answers NaN).
"""

import os
import tempfile

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)


def network():
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(8, activation="sigmoid", in_units=6), nn.Dense(3, in_units=8))
    return net


trained = network()
trained.initialize(mx.init.Xavier())
weight = trained[0].weight.data().asnumpy()
weight[5, 2] = np.nan
trained[0].weight.set_data(nd.array(weight))
file = os.path.join(tempfile.mkdtemp(), "net.params")
trained.save_parameters(file)

net = network()
net.load_parameters(file)
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(3):
    data, label = nd.array(random.randn(4, 6)), nd.array(random.randint(0, 3, 4))
    with autograd.record():
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(net(data), label)
    loss.backward()
    trainer.step(4)
    print(repr(float(loss.mean().asscalar())))
