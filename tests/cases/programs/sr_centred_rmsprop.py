"""Super resolution (ESPCN in small) on pixels 0..255 with L1 and the centred RMSProp."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(2)
rng = np.random.RandomState(2)


class ESPCN(nn.HybridBlock):
    def __init__(self, scale=2):
        super().__init__()
        self.scale = scale
        with self.name_scope():
            self.conv1 = nn.Conv2D(8, 3, padding=1, activation="tanh")
            self.conv2 = nn.Conv2D(scale * scale, 3, padding=1)

    def hybrid_forward(self, F, x):
        x = self.conv2(self.conv1(x))
        x = F.reshape(x, shape=(0, -4, 1, -1, -2))
        x = F.reshape(x, shape=(0, 0, -4, self.scale, self.scale, -2))
        x = F.transpose(x, axes=(0, 1, 4, 2, 5, 3))
        return F.reshape(x, shape=(0, 0, -3, -3))


def patches(n):
    big = rng.uniform(60, 200, (n, 1, 12, 12))
    small = big.reshape(n, 1, 6, 2, 6, 2).mean(axis=(3, 5))
    return nd.array(small / 255), nd.array(big)


net = ESPCN()
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(
    net.collect_params(), "rmsprop", {"learning_rate": 1e-5, "gamma1": 0.9, "gamma2": 0.9, "centered": True}
)
for step in range(400):
    low, high = patches(4)
    with autograd.record():
        loss = nd.abs(net(low) - high).sum(axis=(1, 2, 3))
    loss.backward()
    trainer.step(4)
    if step % 20 == 0:
        print("step %3d  L1 %.3f" % (step, loss.mean().asscalar() / 144))
