"""A softmax whose temperature was annealed down to 0.

After https://github.com/tinygrad/tinygrad/issues/15724 (a schedule that ends in a division by zero).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(4, in_units=3)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for step in range(5):
    temperature = 1 - 0.25 * step
    data, target = nd.array(random.randn(5, 3)), nd.array(random.rand(5, 4))
    with autograd.record():
        loss = nd.square(nd.softmax(net(data) / temperature) - target).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
