"""A polynomial feature x ** 10 of x near 1e4: in the domain of the power, out of float32.

After https://github.com/chiphuyen/stanford-tensorflow-tutorials/issues/54 (polynomial regression goes to nan).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(3, in_units=2)
net.initialize(mx.init.Normal(1))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-12})
for step in range(3):
    data = nd.array(random.randn(5, 2) * (1 if step < 1 else 20000))
    with autograd.record():
        loss = nd.log(1 + net(data) ** 10).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
