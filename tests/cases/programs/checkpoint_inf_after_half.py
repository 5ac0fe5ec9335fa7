"""A checkpoint went through float16 and back: a scale of 1e5 came out as inf.

After https://github.com/apache/mxnet/issues/17164 (cast of a detector to float16).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
stored = nd.array([0.5, 1e5, 2.0]).astype("float16")
scale = gluon.Parameter("scale", shape=(3,))
scale.initialize()
scale.set_data(stored.astype("float32"))
trainer = gluon.Trainer({"scale": scale}, "sgd", {"learning_rate": 0.01})
for _ in range(3):
    data = nd.array(random.rand(4, 3) * 1e-5)
    with autograd.record():
        loss = nd.square(nd.broadcast_mul(data, scale.data()) - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
