"""Multiple instance learning: a bag is positive if any instance is. Four micro-batches to an update."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(13)
rng = np.random.RandomState(13)
MICRO, BAGS, ROOM, FEATURES = 4, 6, 5, 7

net = gluon.nn.HybridSequential()
net.add(gluon.nn.Dense(12, activation="relu", flatten=False, in_units=FEATURES), gluon.nn.Dense(1, flatten=False, in_units=12))
net.initialize(mx.init.Xavier())
net.collect_params().setattr("grad_req", "add")
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})


def bags(step, micro):
    lengths = rng.randint(1, ROOM + 1, BAGS)
    if (step, micro) == (9, 2):
        lengths[4] = 0  # every instance was filtered out upstream
    x = rng.normal(0, 1, (BAGS, ROOM, FEATURES)).astype("float32")
    valid = (np.arange(ROOM)[None, :] < lengths[:, None]).astype("float32")
    y = ((x[:, :, 0] > 0.8) * valid).max(axis=1)
    return nd.array(x), nd.array(valid), nd.array(y)


for step in range(20):
    shown = 0.0
    for micro in range(MICRO):
        x, valid, y = bags(step, micro)
        with autograd.record():
            p = nd.sigmoid(net(x)).reshape((BAGS, ROOM)) * valid
            none = nd.prod(1 - 0.999 * p, axis=1)
            positive = nd.log(1 - none)
            negative = nd.log(none)
            loss = -(y * positive + (1 - y) * negative).sum() / (MICRO * BAGS)
        loss.backward()
        shown += loss.asscalar() if step % 4 == 0 else 0
    trainer.step(1)
    net.collect_params().zero_grad()
    if step % 4 == 0:
        print(step, shown)
