"""Expression profiles on two devices; the loss is one minus Pearson's correlation."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

mx.random.seed(12)
rng = np.random.RandomState(12)
BATCH, GENES, TISSUES = 12, 9, 7
devices = [mx.cpu(0), mx.cpu(1)]


class Correlation(gluon.loss.Loss):
    def __init__(self, **kwargs):
        super().__init__(None, 0, **kwargs)

    def hybrid_forward(self, F, guess, truth):
        guess = F.broadcast_sub(guess, F.mean(guess, axis=1, keepdims=True))
        truth = F.broadcast_sub(truth, F.mean(truth, axis=1, keepdims=True))
        together = F.sum(guess * truth, axis=1)
        apart = F.sqrt(F.sum(F.square(guess), axis=1) * F.sum(F.square(truth), axis=1))
        return 1 - together / apart


net = nn.HybridSequential()
with net.name_scope():
    net.add(nn.Dense(16, activation="relu"), nn.LayerNorm(), nn.Dropout(0.1), nn.Dense(TISSUES))
net.initialize(mx.init.Xavier(), ctx=devices)
net.hybridize(static_alloc=True)
loss_of = Correlation()
loss_of.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
mixing = rng.normal(0, 1, (GENES, TISSUES))
for step in range(15):
    x = rng.normal(0, 1, (BATCH, GENES))
    y = np.tanh(x.dot(mixing))
    if step == 7:
        y[10] = 0  # a gene that no tissue expresses
    losses = []
    with autograd.record():
        for a, b in zip(
            gluon.utils.split_and_load(x.astype("float32"), devices), gluon.utils.split_and_load(y.astype("float32"), devices)
        ):
            losses.append(loss_of(net(a), b))
    autograd.backward(losses)
    trainer.step(BATCH)
    print(step, [part.mean().asscalar() for part in losses])
