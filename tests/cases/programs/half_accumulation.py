"""Gradients of float16 are added over micro-batches with grad_req "add"; each is finite, their sum is beyond 65504.

After https://github.com/andreped/GradientAccumulator/issues/35 (overflow where gradients are accumulated).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
weight = gluon.Parameter("weight", shape=(1, 4), dtype="float16", grad_req="add")
weight.initialize(mx.init.One())
trainer = gluon.Trainer({"weight": weight}, "sgd", {"learning_rate": 1e-6})
for step in range(8):
    data = nd.array(random.uniform(50, 60, (4, 4)) * (1 if step < 4 else 12), dtype="float16")
    with autograd.record():
        loss = (nd.broadcast_mul(data, weight.data()) * 8).sum(axis=0)
    loss.backward()
    if step % 4 == 3:
        trainer.step(1)
        weight.zero_grad()
    print(loss.asnumpy().tolist())
