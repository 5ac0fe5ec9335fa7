"""A bias of float16 for 2000 positions: each sends back 64, the sum of them is 128000 and float16 ends at 65504.

General: a sum over positions where a mean was meant.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
weight = gluon.Parameter("weight", shape=(1, 3), dtype="float16", init=mx.init.One())
bias = gluon.Parameter("bias", shape=(1, 3), dtype="float16", init=mx.init.Zero())
for parameter in (weight, bias):
    parameter.initialize()
trainer = gluon.Trainer({"weight": weight, "bias": bias}, "sgd", {"learning_rate": 1e-6})
for step in range(3):
    positions = 500 if step < 2 else 2000
    data = nd.array(random.uniform(-1, 1, (positions, 3)) / positions, dtype="float16")
    with autograd.record():
        shown = nd.broadcast_add(nd.broadcast_mul(data, weight.data()), bias.data())
        loss = (shown * 64).sum()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
