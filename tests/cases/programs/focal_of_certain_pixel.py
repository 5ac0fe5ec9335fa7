"""A focal loss with an exponent of 0.5: where p is 1, the gradient holds (1 - p)^-0.5 times log 1 = 0.

After https://github.com/kornia/kornia/issues/918 (NaN gradients of a focal loss whose exponent is below 1).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


class FocalLoss(nn.HybridBlock):
    def hybrid_forward(self, F, score, label):
        shown = F.sigmoid(score)
        agreed = label * shown + (1 - label) * (1 - shown)
        return F.mean(-((1 - agreed) ** 0.5) * F.log(agreed + 1e-6))


mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Conv2D(4, 3, padding=1, in_channels=1, activation="relu"), nn.Conv2D(1, 1, in_channels=4))
net.initialize(mx.init.Xavier())
net.hybridize()
focal = FocalLoss()
focal.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.001})
for step in range(4):
    image = random.rand(2, 1, 6, 6)
    label = image > 0.5
    if step == 2:
        net[1].bias.set_data(nd.array([60.0]))
        label[:] = 1
    with autograd.record():
        loss = focal(net(nd.array(image)), nd.array(label))
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
