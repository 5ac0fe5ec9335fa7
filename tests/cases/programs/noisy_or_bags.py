"""Multiple instance learning: a bag is positive if one of its instances is (noisy-or)."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

mx.random.seed(3)
rng = np.random.RandomState(3)
BAG, DIM, BATCH = 12, 6, 8


class NoisyOrLoss(gluon.loss.Loss):
    def __init__(self, weight=None, batch_axis=0, **kwargs):
        super().__init__(weight, batch_axis, **kwargs)

    def hybrid_forward(self, F, score, label):
        absent = 1 - F.sigmoid(score)
        nowhere = F.prod(absent, axis=1)
        somewhere = F.maximum(1 - nowhere, 1e-7)
        loss = label * F.log(somewhere) + (1 - label) * F.log(nowhere)
        return -loss


class Scorer(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.hidden = nn.Dense(16, activation="relu", flatten=False)
            self.out = nn.Dense(1, flatten=False, bias_initializer=mx.init.Constant(-3))

    def hybrid_forward(self, F, x):
        return F.reshape(self.out(self.hidden(x)), shape=(0, -1))


def batch(step):
    label = (np.arange(BATCH) % 2).astype("float32")
    x = rng.normal(0, 0.5, (BATCH, BAG, DIM)).astype("float32")
    for row in range(BATCH):
        if label[row]:
            x[row, rng.randint(BAG), :2] += 3
    if step == 11:  # a slide that the lab stained twice
        x[3, :, :2] += 40
    return mx.nd.array(x), mx.nd.array(label)


net, loss_of = Scorer(), NoisyOrLoss()
net.initialize(mx.init.Xavier())
net.hybridize(static_alloc=True)
loss_of.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.02})
for step in range(20):
    x, y = batch(step)
    with autograd.record():
        loss = loss_of(net(x), y)
    loss.backward()
    trainer.step(BATCH)
    print(step, loss.mean().asscalar())
