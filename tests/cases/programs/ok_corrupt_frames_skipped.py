"""Denoising of a video stream; frames that arrive broken are told and left out."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(10)
rng = np.random.RandomState(10)


def stream(n):
    for i in range(n):
        clean = rng.uniform(0, 1, (4, 1, 6, 6)).repeat(2, axis=2).repeat(2, axis=3)
        noisy = clean + rng.normal(0, 0.1, clean.shape)
        if i % 7 == 3:
            noisy[2, 0, 5, :] = np.nan  # a line of the sensor is missing
        if i % 11 == 8:
            noisy[1] = np.inf  # saturated
        yield nd.array(noisy), nd.array(clean)


class Net(nn.HybridBlock):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.conv1 = nn.Conv2D(8, 3, padding=1)
            self.squeeze = nn.Dense(2, activation="relu")
            self.excite = nn.Dense(8, activation="sigmoid")
            self.conv2 = nn.Conv2D(1, 3, padding=1)

    def hybrid_forward(self, F, x):
        h = F.relu(self.conv1(x))
        gate = self.excite(self.squeeze(F.mean(h, axis=(2, 3))))
        h = F.broadcast_mul(h, F.reshape(gate, shape=(0, 0, 1, 1)))
        return x + self.conv2(h)


net = Net()
net.initialize(mx.init.Xavier())
net.hybridize(static_alloc=True)
loss_fn = gluon.loss.L1Loss()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 2e-3})
skipped = 0
for i, (noisy, clean) in enumerate(stream(40)):
    energy = nd.sum(noisy * 0).asscalar()  # nan if anything in the batch is not finite
    if energy != 0:
        skipped += 1
        continue
    with autograd.record():
        loss = loss_fn(net(noisy), clean)
    loss.backward()
    trainer.step(4)
    if i % 5 == 0:
        print("batch %2d  L1 %.4f  skipped %d" % (i, loss.mean().asscalar(), skipped))
