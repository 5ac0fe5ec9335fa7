"""A loss scale of 1e7 over float16 weights: the gradients overflow on their way back through the cast.

After https://github.com/NVIDIA/DeepLearningExamples/issues/543 (loss overflow with a large loss scale).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
weight = gluon.Parameter("weight", shape=(1, 4), dtype="float16")
weight.initialize(mx.init.One())
trainer = gluon.Trainer({"weight": weight}, "sgd", {"learning_rate": 0.01, "multi_precision": True})
for _ in range(3):
    data = nd.array(random.randn(6, 4), dtype="float16")
    with autograd.record():
        output = nd.broadcast_mul(data, weight.data()).astype("float32")
        loss = nd.square(output - 3).mean() * 1e7
    loss.backward()
    trainer.step(1e7)
    print(repr(float(loss.asscalar())))
