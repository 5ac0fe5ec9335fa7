"""A Poisson regression in float16: exp(12) is 162754, float16 ends at 65504.

After https://github.com/apache/mxnet/pull/8149 (Poisson loss with exp of the output).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
weight = gluon.Parameter("weight", shape=(1, 3), dtype="float16")
weight.initialize(mx.init.One())
trainer = gluon.Trainer({"weight": weight}, "sgd", {"learning_rate": 0.01})
for step in range(3):
    data = random.rand(5, 3)
    if step == 1:
        data[4, 2] = 12
    data, count = nd.array(data, dtype="float16"), nd.array(random.poisson(2, (5, 3)), dtype="float16")
    with autograd.record():
        rate = nd.broadcast_mul(data, weight.data())
        loss = (nd.exp(rate) - count * rate).mean()
    loss.backward()
    trainer.step(5)
    print(repr(float(loss.asscalar())))
