"""A rectified recurrent cell with an identity times 2, unrolled over 140 steps: the gradient of the first step is 2^140.

After https://github.com/apache/mxnet/issues/8096 (nan, maybe gradient explosion) and https://github.com/apache/mxnet/issues/8816.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
recurrent = gluon.Parameter("recurrent", shape=(3, 3))
inward = gluon.Parameter("inward", shape=(2, 3))
recurrent.initialize(mx.init.Zero())
inward.initialize(mx.init.Constant(0.5))
recurrent.set_data(nd.array(2 * np.eye(3)))
trainer = gluon.Trainer({"recurrent": recurrent, "inward": inward}, "sgd", {"learning_rate": 1e-3})
for _ in range(2):
    first = nd.array(random.rand(4, 2) * 1e-15)
    with autograd.record():
        hidden = nd.dot(first, inward.data())
        for _ in range(140):
            hidden = nd.dot(hidden, recurrent.data())
        loss = hidden.mean() * 10
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
