"""A normalising flow sums the logs of a triangular matrix's diagonal without the absolute value: a step takes it below 0.

After https://github.com/apache/mxnet/issues/18078 (linear algebra at the edge of its domain).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
matrix = gluon.Parameter("matrix", shape=(3, 3))
matrix.initialize(mx.init.Zero())
matrix.set_data(nd.array([[0.3, 0, 0], [0.1, 0.2, 0], [0.2, 0.1, 0.4]]))
trainer = gluon.Trainer({"matrix": matrix}, "sgd", {"learning_rate": 0.3})
for _ in range(6):
    data = nd.array(random.randn(8, 3) * 3)
    with autograd.record():
        latent = nd.dot(data, matrix.data())
        loss = nd.square(latent).sum(axis=1).mean() / 2 - 0.01 * nd.linalg.sumlogdiag(matrix.data()).sum()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
