"""Partly labelled data: rows without a label carry -1 and have weight 0 in the loss."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

mx.random.seed(22)
rng = np.random.RandomState(22)
CLASSES, DIM, BATCH = 5, 8, 10


class PartlyLabelled(gluon.loss.Loss):
    def __init__(self, **kwargs):
        super().__init__(None, 0, **kwargs)

    def hybrid_forward(self, F, score, label):
        known = label >= 0
        logp = F.log_softmax(score, axis=1)
        loss = -F.pick(logp, label, axis=1, mode="wrap") * known
        return F.broadcast_div(F.sum(loss), F.maximum(F.sum(known), 1))


class Net(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.body = nn.HybridSequential()
            self.body.add(nn.Dense(16), nn.BatchNorm(), nn.PReLU())
            self.out = nn.Dense(CLASSES)

    def hybrid_forward(self, F, x):
        return self.out(self.body(x))


net, loss_of = Net(), PartlyLabelled()
net.initialize(mx.init.Xavier())
net.hybridize(static_alloc=True, static_shape=True)
loss_of.hybridize(static_alloc=True, static_shape=True)
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
centres = rng.normal(0, 1, (CLASSES, DIM))
for step in range(25):
    label = rng.randint(0, CLASSES, BATCH)
    x = centres[label] + rng.normal(0, 0.4, (BATCH, DIM))
    label[rng.rand(BATCH) < 0.4] = -1
    if step == 13:
        label[:] = -1  # a batch without a single label
    with autograd.record():
        loss = loss_of(net(mx.nd.array(x)), mx.nd.array(label))
    loss.backward()
    trainer.step(1)
    print(step, loss.asscalar())
