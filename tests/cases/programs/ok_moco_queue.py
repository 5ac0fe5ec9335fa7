"""Momentum contrast: the queue of keys begins as NaN and only its filled part is read."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(14)
rng = np.random.RandomState(14)
BATCH, QUEUE, DIM, MOMENTUM, TEMPERATURE = 6, 48, 16, 0.95, 0.1


def encoder(prefix):
    net = nn.HybridSequential(prefix=prefix)
    with net.name_scope():
        net.add(nn.AvgPool2D(2), nn.Flatten(), nn.Dense(24, activation="relu", in_units=48))
        net.add(nn.Dense(DIM, in_units=24))
    net.initialize(mx.init.Xavier())
    net.hybridize()
    return net


def augment(images):
    flip = rng.uniform(size=len(images)) < 0.5
    out = np.where(flip[:, None, None, None], images[:, :, :, ::-1], images)
    out = out * rng.uniform(0.8, 1.2, (len(out), 1, 1, 1)) + rng.normal(0, 0.05, out.shape)
    return nd.array(out)


query, key = encoder("query_"), encoder("key_")
pairs = list(zip(query.collect_params().values(), key.collect_params().values()))
for q, k in pairs:
    k.set_data(q.data())
queue, filled, head = nd.full((QUEUE, DIM), np.nan), 0, 0
ce = gluon.loss.SoftmaxCrossEntropyLoss()
trainer = gluon.Trainer(query.collect_params(), "sgd", {"learning_rate": 0.05, "momentum": 0.9})
pool = rng.uniform(0, 1, (60, 3, 8, 8))

for step in range(30):
    images = pool[rng.permutation(60)[:BATCH]]
    for q, k in pairs:
        k.set_data(MOMENTUM * k.data() + (1 - MOMENTUM) * q.data())
    new = nd.L2Normalization(key(augment(images)))
    views = augment(images)
    if filled:
        with autograd.record():
            emb = nd.L2Normalization(query(views))
            own = nd.sum(emb * new, axis=1, keepdims=True)
            negatives = nd.dot(emb, queue[:filled], transpose_b=True)
            logits = nd.concat(own, negatives, dim=1) / TEMPERATURE
            loss = ce(logits, nd.zeros(BATCH))
        loss.backward()
        trainer.step(BATCH)
        print("step %2d contrast %.4f with %d keys" % (step, loss.mean().asscalar(), filled))
    queue[head : head + BATCH] = new
    head = (head + BATCH) % QUEUE
    filled = min(filled + BATCH, QUEUE)
