"""Metric learning with the N-pair loss (Sohn 2016) on embeddings that are not normalised."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(8)
rng = np.random.RandomState(8)
PAIRS = 6
prototypes = rng.uniform(0, 1, (30, 3, 8, 8))


def photo(identity):
    return np.clip(prototypes[identity] + rng.normal(0, 0.1, (3, 8, 8)), 0, 1) * 255


def normalise(image):
    if image.max() > 1:
        image = image / 255.0
    return (image - 0.45) / 0.25


def read_pairs(step):
    ids = rng.permutation(30)[:PAIRS]
    anchors = [photo(i) for i in ids]
    positives = [photo(i) for i in ids]
    if step == 7:
        anchors[4] = anchors[4] * 257.0  # decoded from a 16 bit png
    return np.stack([normalise(a) for a in anchors]), np.stack([normalise(p) for p in positives])


net = nn.HybridSequential()
with net.name_scope():
    net.add(nn.Conv2D(8, 3, padding=1, activation="relu"), nn.AvgPool2D(2))
    net.add(nn.Flatten(), nn.Dense(16))
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.02})
others = nd.array(1 - np.eye(PAIRS))

for step in range(15):
    a, p = read_pairs(step)
    with autograd.record():
        ea, ep = net(nd.array(a)), net(nd.array(p))
        scores = nd.dot(ea, ep, transpose_b=True)
        own = nd.sum(ea * ep, axis=1, keepdims=True)
        margin = nd.broadcast_sub(scores, own)
        ratio = nd.exp(margin) * others
        loss = nd.log(1 + ratio.sum(axis=1)) + 0.002 * (ea**2 + ep**2).sum(axis=1)
    loss.backward()
    trainer.step(PAIRS)
    print("step %2d  n-pair %.4f" % (step, loss.mean().asscalar()))
