"""Quantile regression of monthly revenue with the pinball loss, full batch, centred RMSProp."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

np.random.seed(2)
mx.random.seed(2)

months = np.arange(48)
season = np.stack([np.sin(2 * np.pi * months / 12), np.cos(2 * np.pi * months / 12)], axis=1)
visitors = 1200 + 20 * months[:, None] + 300 * season[:, :1]
features = np.concatenate([season, visitors], axis=1).astype("float32")
revenue = (4.2e6 + 9e4 * months + 2e5 * np.random.randn(48)).astype("float32")


class Pinball(gluon.loss.Loss):
    def __init__(self, level, **kwargs):
        super().__init__(None, 0, **kwargs)
        self._level = level

    def hybrid_forward(self, F, prediction, target):
        gap = F.reshape_like(target, prediction) - prediction
        return F.mean(F.maximum(self._level * gap, (self._level - 1) * gap), axis=0, exclude=True)


net = nn.Dense(1)
net.initialize(mx.init.Normal(0.01))
net.hybridize()
criterion = Pinball(0.9)
trainer = gluon.Trainer(
    net.collect_params(), "rmsprop", {"learning_rate": 0.001, "gamma1": 0.9, "gamma2": 0.9, "centered": True}
)
x, y = nd.array(features), nd.array(revenue)
for epoch in range(160):
    with autograd.record():
        loss = criterion(net(x), y)
    loss.backward()
    trainer.step(48)
    if epoch % 10 == 0:
        print("epoch", epoch, "loss", loss.mean().asscalar(), "weight", net.weight.data().asnumpy().round(3))
print("weight", net.weight.data().asnumpy())
