"""A distance weight d ** -2 between points, of which two coincide.

After https://github.com/tensorflow/mesh/issues/6 (pow close to 0).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
start = random.randn(5, 2)
start[3] = start[1]
points = gluon.Parameter("points", shape=(5, 2))
points.initialize(mx.init.Zero())
points.set_data(nd.array(start))
trainer = gluon.Trainer({"points": points}, "sgd", {"learning_rate": 0.01})
for _ in range(2):
    with autograd.record():
        moved = nd.concat(points.data()[1:], points.data()[:1], dim=0)
        steps = nd.abs(points.data() - moved).sum(axis=1)
        apart = nd.abs(points.data()[1] - points.data()[3]).sum()
        loss = (steps**-2).mean() + (apart**-2).sum()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
