"""A matrix factorisation trained with a learning rate of 0.5: the cubic gradient takes it off within some steps.

After https://github.com/chiphuyen/stanford-tensorflow-tutorials/issues/54 (loss and parameters became very large, then nan).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, nd, optimizer

mx.random.seed(1)
random = np.random.RandomState(1)
users, items = nd.array(random.randn(6, 2)), nd.array(random.randn(2, 5))
for factor in (users, items):
    factor.attach_grad()
ratings = nd.array(random.rand(6, 5) * 4 + 1)
update = optimizer.get_updater(optimizer.SGD(learning_rate=0.5))
for _ in range(20):
    with autograd.record():
        error = nd.abs(nd.dot(users, items) - ratings).sum()
        loss = error + 0.1 * nd.square(users).sum() + nd.abs(nd.square(items) * items).sum()
    loss.backward()
    for i, factor in enumerate((users, items)):
        update(i, factor.grad, factor)
    print(repr(float(loss.asscalar())))
