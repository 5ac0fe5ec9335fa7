"""Labels 0..3 for three classes: pick silently takes the last class instead, and all stays finite.

After https://github.com/dmlc/gluon-cv/issues/942 and GluonCV 0.7's MHP dataset, whose NUM_CLASS was one too small.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(3, in_units=5)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for step in range(4):
    data, label = nd.array(random.randn(8, 5)), random.randint(0, 3, 8)
    if step == 2:
        label[5] = 3
    with autograd.record():
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(net(data), nd.array(label)).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
