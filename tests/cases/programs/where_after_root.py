"""where(x > 0, sqrt(x), 0): the NaN of the unused branch is hidden, its gradient 0 * NaN is not.

After https://github.com/pytorch/pytorch/issues/52248 (torch.where leads to unexpected gradients).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(4, in_units=3)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.05})
for _ in range(3):
    with autograd.record():
        output = net(nd.array(random.randn(5, 3)))
        safe = nd.where(output > 0, nd.sqrt(output), nd.zeros_like(output))
        loss = nd.square(safe - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
