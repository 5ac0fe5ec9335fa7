"""A chain of steep quantisers tanh(1e10 * x) around 0: values stay in -1..1, each stage multiplies the gradient by 1e10.

After https://github.com/Marcovaldong/lstmp.pytorch/issues/2 (might be a problem of exploding gradient).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
shift = gluon.Parameter("shift", shape=(1,))
shift.initialize(mx.init.Zero())
trainer = gluon.Trainer({"shift": shift}, "sgd", {"learning_rate": 1e-3})
for _ in range(2):
    with autograd.record():
        value = shift.data()
        for _ in range(4):
            value = nd.tanh(value * 1e10)
        loss = nd.square(value - 0.5).sum()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
