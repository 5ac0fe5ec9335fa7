"""A small classifier on unit-norm prototypes: rows are normalised after every step, weak columns pruned now and then."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(3)
np.random.seed(3)
rng = np.random.RandomState(3)

CLASSES, FEATURES, PERIOD = 6, 12, 10
centres = rng.normal(0, 1, (CLASSES, FEATURES)).astype("float32")

body = gluon.nn.Dense(FEATURES, activation="tanh", in_units=FEATURES)
head = gluon.nn.Dense(CLASSES, use_bias=False, in_units=FEATURES)
for part in (body, head):
    part.initialize(mx.init.Xavier())
params = body.collect_params()
params.update(head.collect_params())
trainer = gluon.Trainer(params, "sgd", {"learning_rate": 0.2})
loss_fn = gluon.loss.SoftmaxCrossEntropyLoss()
usage = np.zeros(CLASSES)


def renormalise(weight, dead):
    w = weight.data().asnumpy()
    w[dead] = 0
    length = np.sqrt((w * w).sum(axis=1, keepdims=True))
    with np.errstate(all="ignore"):
        weight.set_data(nd.array(w / length))


for step in range(40):
    # after the first epoch the stream drifts: the last class is seen no more
    labels = rng.randint(0, CLASSES if step < 15 else CLASSES - 1, 16)
    if step < 15:
        labels[:CLASSES] = np.arange(CLASSES)
    x = nd.array(centres[labels] + rng.normal(0, 0.3, (16, FEATURES)))
    y = nd.array(labels)
    usage += np.bincount(labels, minlength=CLASSES)
    with autograd.record():
        loss = loss_fn(head(body(x)) * 4, y).mean()
    loss.backward()
    trainer.step(1)
    dead = np.zeros(CLASSES, dtype=bool)
    if step % PERIOD == PERIOD - 1:
        dead = usage == 0
        usage[:] = 0
    renormalise(head.weight, dead)
    if step % 5 == 0:
        print(step, loss.asscalar())
