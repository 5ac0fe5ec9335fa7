"""A hybridized convolutional network with BatchNorm, whose loss is the log of a softmax."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
draw = np.random.RandomState(0)
images, labels = draw.rand(48, 3, 16, 16).astype("float32"), draw.randint(0, 4, 48)
net = nn.HybridSequential()
net.add(nn.Conv2D(8, 3), nn.BatchNorm(), nn.Activation("relu"), nn.MaxPool2D(), nn.Conv2D(8, 3), nn.BatchNorm())
net.add(nn.Activation("relu"), nn.GlobalAvgPool2D(), nn.Dense(4))
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for step in range(100):
    rows = slice(step * 4 % 48, step * 4 % 48 + 4)
    data, label = nd.array(images[rows]), nd.array(labels[rows])
    with autograd.record():
        loss = -nd.pick(nd.log(nd.softmax(net(data))), label).mean()
        loss.backward()
    trainer.step(1)
