"""Agreement of reader and book: a correlation, compared after Fisher's transform."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

mx.random.seed(10)
rng = np.random.RandomState(10)
BATCH = 8


class Tower(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.hidden = nn.Dense(10, activation="relu")
            self.out = nn.Dense(4)

    def hybrid_forward(self, F, x):
        return self.out(self.hidden(x))


class Agreement(nn.Block):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.reader = Tower()
            self.book = Tower()

    def forward(self, reader, book):
        return mx.nd.sum(self.reader(reader) * self.book(book), axis=1)


class FisherLoss(gluon.loss.Loss):
    def __init__(self, **kwargs):
        super().__init__(None, 0, **kwargs)

    def hybrid_forward(self, F, raw, told):
        guess = F.tanh(raw)
        known = F.clip(told, -0.99, 0.99)
        return F.smooth_l1(F.arctanh(guess) - F.arctanh(known), scalar=1.0)


net, loss_of = Agreement(), FisherLoss()
net.initialize(mx.init.Xavier())
net.reader.hybridize()
net.book.hybridize(static_alloc=True)
loss_of.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.02})
for step in range(18):
    reader, book = rng.normal(0, 1, (BATCH, 6)), rng.normal(0, 1, (BATCH, 5))
    told = np.tanh(reader[:, 0] * book[:, 0])
    if step == 10:
        reader[1] *= 40  # pages read, not scaled as the others are
    with autograd.record():
        loss = loss_of(net(mx.nd.array(reader), mx.nd.array(book)), mx.nd.array(told))
    loss.backward()
    trainer.step(BATCH)
    print(step, loss.mean().asscalar())
