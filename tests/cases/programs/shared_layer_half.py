"""One float16 scale is used at 12 steps of an unrolled recurrence; each step's gradient is finite, what they add up to is not.

General: tied weights in half precision.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
scale = gluon.Parameter("scale", shape=(1, 4), dtype="float16")
scale.initialize(mx.init.One())
trainer = gluon.Trainer({"scale": scale}, "sgd", {"learning_rate": 1e-7})
for step in range(3):
    factor = 1 if step < 2 else 9000
    data = [nd.array(random.uniform(50, 60, (2, 4)), dtype="float16") for _ in range(12)]
    with autograd.record():
        loss = 0
        for each in data:
            loss = loss + nd.broadcast_mul(each, scale.data()) * 0.01
        loss = loss * factor
    loss.backward()
    trainer.step(1)
    print(loss.asnumpy().tolist())
