"""ArcFace's sine sqrt(1 - cos^2): two unit vectors of the same direction have a cosine of 1 + 1e-7.

After https://github.com/MccreeZhao/FR-Loss-on-Mnist/issues/2 and https://github.com/deepinsight/insightface/issues/638.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
weight = gluon.Parameter("weight", shape=(50, 7))
weight.initialize(mx.init.Normal(1))
trainer = gluon.Trainer({"weight": weight}, "sgd", {"learning_rate": 0.001})
for _ in range(3):
    face = nd.array(weight.data().asnumpy()[:40] * 3)
    label = nd.arange(40)
    with autograd.record():
        unit = nd.L2Normalization(weight.data())
        cosine = nd.pick(nd.dot(nd.L2Normalization(face), unit, transpose_b=True), label)
        sine = nd.sqrt(1 - cosine * cosine)
        loss = -(cosine * np.cos(0.5) - sine * np.sin(0.5)).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
