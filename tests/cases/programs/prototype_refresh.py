"""An autoencoder with soft quantisation: every few steps the prototypes are moved to the means of the codes nearest to them."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

np.random.seed(9)
mx.random.seed(9)
PROTOTYPES, CODE = 6, 3


class Quantiser(nn.Block):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.encoder = nn.Dense(CODE, activation="tanh")
            self.decoder = nn.Dense(10)
            self.prototypes = self.params.get("prototypes", shape=(PROTOTYPES, CODE), init=mx.init.Uniform(1.0))

    def forward(self, x):
        code = self.encoder(x)
        centre = self.prototypes.data()
        distance = nd.square(nd.broadcast_sub(code.expand_dims(1), centre.expand_dims(0))).sum(axis=2)
        share = nd.softmax(-4 * distance, axis=1)
        return self.decoder(nd.dot(share, centre)), code, distance


def refresh(net, codes, nearest):
    sums, counts = np.zeros((PROTOTYPES, CODE), "float32"), np.zeros((PROTOTYPES, 1), "float32")
    np.add.at(sums, nearest, codes)
    np.add.at(counts, nearest, 1)
    with np.errstate(all="ignore"):
        net.prototypes.set_data(nd.array(sums / counts))


net = Quantiser()
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "adagrad", {"learning_rate": 0.05})
kept = []
for step in range(24):
    kind = np.random.randint(0, 3, 16)
    x = nd.array(2 * np.eye(10)[kind] + 0.05 * np.random.randn(16, 10))
    with autograd.record():
        rebuilt, code, distance = net(x)
        loss = nd.square(rebuilt - x).mean(axis=1) + 0.1 * distance.min(axis=1)
    loss.backward()
    trainer.step(16)
    kept.append((code.asnumpy(), distance.argmin(axis=1).asnumpy().astype(int)))
    print("step", step, "loss", loss.mean().asscalar())
    if step % 8 == 7:
        refresh(net, np.concatenate([c for c, _ in kept]), np.concatenate([n for _, n in kept]))
        kept = []
