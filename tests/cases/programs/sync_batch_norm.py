"""SyncBatchNorm of pooled features with mean 30 and deviation 1e-4: its one-pass variance comes out below -eps.

After https://github.com/apache/mxnet/pull/11502 (the operator) and https://github.com/facebookresearch/maskrcnn-benchmark/issues/267.
"""

import warnings

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn
from mxnet.gluon.contrib.nn import SyncBatchNorm

warnings.simplefilter("ignore")
mx.random.seed(1)
random = np.random.RandomState(2)
net = nn.Sequential()
net.add(SyncBatchNorm(in_channels=16, num_devices=1), nn.Dense(2, in_units=16))
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for step in range(4):
    pooled = random.randn(8, 16, 1, 1)
    if step == 2:
        pooled[:, 8:] = 30 + 1e-4 * pooled[:, 8:]
    label = nd.array(random.randint(0, 2, 8))
    with autograd.record():
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(net(nd.array(pooled)), label)
    loss.backward()
    trainer.step(8)
    print(repr(float(loss.mean().asscalar())))
