"""x ** 0.5 of a rectified feature: the gradient at 0 is inf.

After https://github.com/jax-ml/jax/issues/7440 (nan in gradient due to failure in pow).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Conv2D(3, 3, in_channels=1, activation="relu"), nn.HybridLambda(lambda F, x: x**0.5), nn.Dense(2, in_units=48))
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for _ in range(3):
    data, label = nd.array(random.randn(4, 1, 6, 6)), nd.array(random.randint(0, 2, 4))
    with autograd.record():
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(net(data), label)
    loss.backward()
    trainer.step(4)
    print(repr(float(loss.mean().asscalar())))
