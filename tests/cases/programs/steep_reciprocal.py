"""1 / x of an x of 1e-25 is finite, its gradient -1 / x^2 is beyond float32.

After https://github.com/open-mmlab/mmrotate/issues/205 (close to zero, the gradient explodes).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
width = gluon.Parameter("width", shape=(3,))
width.initialize(mx.init.Constant(0.5))
width.set_data(nd.array([0.5, 1e-25, 2.0]))
trainer = gluon.Trainer({"width": width}, "sgd", {"learning_rate": 1e-3})
for _ in range(2):
    with autograd.record():
        loss = (1 / width.data()).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
