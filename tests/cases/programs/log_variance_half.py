"""A Gaussian likelihood in float16, half the log of the mean square: the squares of residuals near 400 are beyond 65504.

General: statistics without a float32 inside.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
shift = gluon.Parameter("shift", shape=(1, 8), dtype="float16", init=mx.init.Zero())
shift.initialize()
trainer = gluon.Trainer({"shift": shift}, "sgd", {"learning_rate": 0.01, "multi_precision": True})
for step in range(3):
    data = nd.array(random.randn(4, 8) * (1 if step < 2 else 400), dtype="float16")
    with autograd.record():
        hidden = nd.broadcast_add(data, shift.data())
        squares = nd.square(hidden)
        loss = 0.5 * nd.log(squares.mean(axis=1) + 1e-3)
    loss.backward()
    trainer.step(4)
    print(loss.asnumpy().tolist())
