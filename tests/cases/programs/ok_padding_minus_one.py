"""Bags of tokens padded with -1; an exported encoder, its padding masked afterwards."""

import os
import shutil
import tempfile

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

mx.random.seed(24)
rng = np.random.RandomState(24)
WORDS, LONG, BATCH = 25, 6, 8


class Bag(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.words = nn.Embedding(WORDS, 8)
            self.out = nn.Dense(3)

    def hybrid_forward(self, F, ids):
        there = F.expand_dims(ids >= 0, axis=2)
        words = F.broadcast_mul(self.words(ids), there)
        count = F.maximum(F.sum(there, axis=1), 1)
        return self.out(F.broadcast_div(F.sum(words, axis=1), count))


bag = Bag()
bag.initialize(mx.init.Xavier())
bag.hybridize()
bag(mx.nd.zeros((1, LONG)))
folder = tempfile.mkdtemp()
path = os.path.join(folder, "bag")
bag.export(path)
net = gluon.SymbolBlock.imports(path + "-symbol.json", ["data"], path + "-0000.params")
shutil.rmtree(folder)

net.hybridize(static_alloc=True)
loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
loss_of.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.05})
for step in range(25):
    ids = rng.randint(0, WORDS, (BATCH, LONG))
    label = ids[:, 0] % 3
    for row in range(BATCH):
        ids[row, rng.randint(1, LONG + 1) :] = -1
    if step == 15:
        ids[4] = -1  # nothing at all
    with autograd.record():
        loss = loss_of(net(mx.nd.array(ids)), mx.nd.array(label))
    loss.backward()
    trainer.step(BATCH)
    print(step, loss.mean().asscalar())
