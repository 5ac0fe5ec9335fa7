"""A schedule of one's own warms up over 0 steps: the rate is 0.1 * 0 / 0 in NumPy, and the first update makes every weight NaN.

After https://github.com/dmlc/gluon-cv/issues/1421 (lr_scheduler divides by a number of steps that may be zero).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


class Warmup(mx.lr_scheduler.LRScheduler):
    def __init__(self, base_lr, steps):
        super().__init__(base_lr)
        self.steps = np.float32(steps)

    def __call__(self, num_update):
        return float(self.base_lr * np.minimum(1, np.float32(num_update - 1) / self.steps))


mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(2, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "nadam", {"learning_rate": 0.1, "lr_scheduler": Warmup(0.1, 0)})
for _ in range(3):
    with autograd.record():
        loss = gluon.loss.L2Loss()(net(nd.array(random.randn(5, 4))), nd.array(random.randn(5, 2)))
    loss.backward()
    trainer.step(5)
    print(loss.asnumpy().tolist())
