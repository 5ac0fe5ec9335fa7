"""Generalised mean pooling over rectified features: the gradient for the exponent is x^p log x, at x = 0 that is 0 * -inf.

After https://github.com/pytorch/pytorch/issues/89558 (xlogy at (0, 0)).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net, exponent = nn.Dense(4, in_units=3, activation="relu"), gluon.Parameter("exponent", shape=(1, 1))
net.initialize(mx.init.Xavier())
exponent.initialize(mx.init.Constant(3.0))
parameters = net.collect_params()
parameters.update({"exponent": exponent})
trainer = gluon.Trainer(parameters, "sgd", {"learning_rate": 0.01})
for _ in range(3):
    with autograd.record():
        pooled = nd.broadcast_power(net(nd.array(random.randn(5, 3))), exponent.data()).mean(axis=1)
        loss = nd.square(pooled - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
