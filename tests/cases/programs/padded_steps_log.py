"""SequenceMask sets the padded steps of log(p) to 0; p is exactly 0 there, so the gradient is 0 / 0.

After https://github.com/jax-ml/jax/issues/26328 (NaN gradients behind a mask).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(1, in_units=3, flatten=False, use_bias=False)
net.initialize(mx.init.One())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for _ in range(3):
    length = random.randint(1, 5, 4)
    steps = random.rand(6, 4, 3) + 0.1
    for i, valid in enumerate(length):
        steps[valid:, i] = 0
    with autograd.record():
        level = net(nd.array(steps)).reshape((6, 4))
        level = nd.SequenceMask(nd.log(level), nd.array(length), use_sequence_length=True)
        loss = nd.square(level.sum(axis=0)).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
