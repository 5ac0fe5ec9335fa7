"""A regression target that was never measured is NaN in the table of labels.

After https://github.com/awslabs/gluonts/pull/913 (a distribution that models missing targets).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
features = random.randn(24, 5).astype("float32")
target = features.sum(1)
target[13] = np.nan
net = nn.Sequential()
net.add(nn.Dense(6, activation="tanh"), nn.Dense(1))
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for start in range(0, 24, 8):
    data, label = nd.array(features[start : start + 8]), nd.array(target[start : start + 8])
    with autograd.record():
        loss = gluon.loss.HuberLoss()(net(data), label)
    loss.backward()
    trainer.step(8)
    print(repr(float(loss.mean().asscalar())))
