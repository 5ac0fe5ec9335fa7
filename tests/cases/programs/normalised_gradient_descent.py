"""A hand-written update divides the gradient by its norm, and the gradient is 0 once every margin is kept.

After https://github.com/kozistr/pytorch_optimizer/issues/120 (an update that divides by a norm needs an epsilon).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, nd

mx.random.seed(1)
random = np.random.RandomState(1)
weight = nd.array([0.1, -0.1, 0.2])
weight.attach_grad()
data = nd.array(np.abs(random.randn(6, 3)) + 0.5)
for _ in range(12):
    with autograd.record():
        loss = nd.relu(1 - nd.dot(data, weight)).mean()
    loss.backward()
    weight[:] = weight - 0.3 * weight.grad / nd.norm(weight.grad)
    print(repr(float(loss.asscalar())))
