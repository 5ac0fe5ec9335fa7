"""The logarithm of a Dice score over hard-thresholded masks: no overlap, score 0.

After https://github.com/summerlvsong/Aggregation-Cross-Entropy/issues/2 (the log of a class that does not appear).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Conv2D(2, 3, padding=1, in_channels=1, activation="relu"), nn.Conv2D(1, 1, in_channels=2, activation="relu"))
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for step in range(4):
    image, mask = nd.array(random.rand(2, 1, 8, 8)), random.rand(2, 1, 8, 8) > 0.5
    if step == 2:
        mask[1] = False
    mask = nd.array(mask)
    with autograd.record():
        shown = net(image) + 1e-3
        dice = 2 * (shown * mask).sum(axis=(1, 2, 3)) / (shown.sum(axis=(1, 2, 3)) + mask.sum(axis=(1, 2, 3)))
        loss = -nd.log(dice).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
