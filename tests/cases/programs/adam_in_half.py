"""Adam on float16 weights: the epsilon of 1e-8 is 0 in float16, and so is the square of a small gradient.

After https://github.com/apache/mxnet/issues/5384 (the Adam optimizer sometimes produces nan weights in half precision).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
weight = gluon.Parameter("weight", shape=(1, 6), dtype="float16")
weight.initialize(mx.init.One())
trainer = gluon.Trainer({"weight": weight}, "adam", {"learning_rate": 0.001})
for _ in range(3):
    data = random.randn(4, 6)
    data[:, 2] = 0  # a feature that is always absent
    data = nd.array(data, dtype="float16")
    with autograd.record():
        loss = nd.square(nd.broadcast_mul(data, weight.data()) - data * 2).mean(axis=1)
    loss.backward()
    trainer.step(4)
    print(loss.asnumpy().tolist())
