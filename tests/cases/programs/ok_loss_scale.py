"""Healthy: float16 with a loss scale of 128 that never overflows, and float32 copies of the weights."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
weight = gluon.Parameter("weight", shape=(1, 5), dtype="float16")
weight.initialize(mx.init.One())
trainer = gluon.Trainer({"weight": weight}, "sgd", {"learning_rate": 0.1, "multi_precision": True})
for _ in range(5):
    data = nd.array(random.randn(8, 5), dtype="float16")
    with autograd.record():
        loss = nd.square(nd.broadcast_mul(data, weight.data()) - 0.5 * data).mean(axis=1)
        scaled = loss * 128
    scaled.backward()
    trainer.step(8 * 128)
    print(loss.asnumpy().tolist())
