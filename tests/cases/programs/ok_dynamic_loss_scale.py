"""Healthy: a dynamic loss scale in float16. The first gradients overflow; the program sees it and makes no update."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
weight = gluon.Parameter("weight", shape=(1, 5), dtype="float16")
weight.initialize(mx.init.One())
trainer = gluon.Trainer({"weight": weight}, "sgd", {"learning_rate": 0.1, "multi_precision": True})
scale = 2.0**16
for _ in range(8):
    data = nd.array(random.randn(8, 5), dtype="float16")
    with autograd.record():
        loss = nd.square(nd.broadcast_mul(data, weight.data()) - 0.5 * data).mean(axis=1).astype("float32")
        scaled = loss * scale
    scaled.backward()
    if not np.isfinite(weight.grad().asnumpy()).all():
        scale /= 2
        continue
    trainer.step(8 * scale)
    print(scale, loss.asnumpy().tolist())
