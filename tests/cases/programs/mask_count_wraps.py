"""A mask of uint8 is summed in uint8: 16 x 16 = 256 pixels are 0, and the loss is divided by that.

General: a sum keeps the dtype of what is added.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Conv2D(4, 3, padding=1, in_channels=1, activation="relu"), nn.Conv2D(1, 1, in_channels=4))
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.05})
for step in range(3):
    mask = (random.rand(1, 1, 16, 16) > 0.5) if step < 2 else np.ones((1, 1, 16, 16))
    mask = nd.array(mask, dtype="uint8")
    with autograd.record():
        wrong = nd.abs(net(nd.array(random.rand(1, 1, 16, 16))))
        count = mask.sum().astype("float32")
        loss = (wrong * mask.astype("float32")).sum() / count
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
