"""An LQ factorisation of a matrix with two equal rows: the value is fine, the gradient divides by a diagonal element of 0.

After https://github.com/HIPS/autograd/issues/586 (a gradient of linear algebra at 0).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
basis = gluon.Parameter("basis", shape=(2, 3))
basis.initialize(mx.init.Zero())
basis.set_data(nd.array([[1, 0, 0], [1, 0, 0]]))
trainer = gluon.Trainer({"basis": basis}, "sgd", {"learning_rate": 0.01})
for _ in range(2):
    with autograd.record():
        q, lower = nd.linalg.gelqf(basis.data())
        loss = nd.square(lower - 1).sum()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
