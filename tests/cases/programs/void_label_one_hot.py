"""A focal loss over one-hot labels: the void label 255 has no class, so its row is all zeros and the log is of 0.

After https://github.com/dmlc/gluon-cv/issues/220 (focal loss in SSD: the loss is always nan).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for step in range(5):
    data = nd.array(random.randn(8, 10))
    label = random.randint(0, 4, 8)
    if step == 3:
        label[2] = 255
    one_hot = nd.one_hot(nd.array(label), 4)
    with autograd.record():
        probability = nd.sum(nd.softmax(net(data)) * one_hot, axis=1)
        loss = (-nd.square(1 - probability) * nd.log(probability)).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
