"""A small classifier; its group normalisation, written by hand, works in float16."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
rng = np.random.RandomState(5)


class GroupNorm(nn.HybridBlock):
    def __init__(self, channels, groups=4, eps=1e-8):
        super().__init__()
        self.groups, self.eps = groups, eps
        with self.name_scope():
            self.gamma = self.params.get("gamma", shape=(1, channels, 1, 1), init="ones")
            self.beta = self.params.get("beta", shape=(1, channels, 1, 1), init="zeros")

    def hybrid_forward(self, F, x, gamma, beta):
        g = F.reshape(x, shape=(0, self.groups, -1)).astype("float16")
        mean = F.mean(g, axis=2, keepdims=True)
        centred = F.broadcast_sub(g, mean)
        var = F.mean(F.square(centred), axis=2, keepdims=True)
        std = F.sqrt(var + self.eps)
        g = F.broadcast_div(centred, std).astype("float32")
        return F.broadcast_add(F.broadcast_mul(F.reshape_like(g, x), gamma), beta)


net = nn.HybridSequential()
with net.name_scope():
    net.add(nn.Conv2D(8, 3, padding=1, use_bias=False), GroupNorm(8), nn.Activation("relu"))
    net.add(nn.MaxPool2D(2), nn.Flatten(), nn.Dense(3))
net.initialize(mx.init.Xavier())
net.hybridize()

images = rng.uniform(-1, 1, (40, 1, 8, 8))
labels = rng.randint(0, 3, 40)
for i, k in enumerate(labels):
    images[i, 0, 2 * k : 2 * k + 2] += 1
images[30] = 0.0  # the lens cap was on

loss_fn = gluon.loss.SoftmaxCrossEntropyLoss()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.05, "momentum": 0.9})
for epoch in range(2):
    for b in range(10):
        x = nd.array(images[4 * b : 4 * b + 4])
        y = nd.array(labels[4 * b : 4 * b + 4])
        with autograd.record():
            loss = loss_fn(net(x), y)
        loss.backward()
        trainer.step(4)
        print("%d.%d loss %.4f" % (epoch, b, loss.mean().asscalar()))
