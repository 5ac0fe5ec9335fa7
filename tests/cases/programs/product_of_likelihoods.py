"""The likelihood of a sequence as a plain product of densities; narrow densities are far above 1.

After https://github.com/apache/mxnet/issues/17864 (products along an axis).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
mean = gluon.Parameter("mean", shape=(1, 1))
mean.initialize(mx.init.Zero())
trainer = gluon.Trainer({"mean": mean}, "sgd", {"learning_rate": 1e-20})
for step in range(3):
    deviation = 0.1 / 10**step
    series = nd.array(random.randn(3, 30) * deviation)
    with autograd.record():
        distance = nd.broadcast_sub(series, mean.data()) / deviation
        density = nd.exp(-0.5 * nd.square(distance)) / (deviation * np.sqrt(2 * np.pi))
        loss = -nd.prod(density, axis=1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
