"""Ten linear layers initialised far too large over tiny features: the output is finite, the first gradients are not.

After https://github.com/zackchase/mxnet-the-straight-dope/issues/432 (more layers with more nodes result in NAN).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
for _ in range(10):
    net.add(nn.Dense(16, in_units=16, use_bias=False))
net.initialize(mx.init.Normal(15000))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-3})
for _ in range(2):
    with autograd.record():
        loss = nd.abs(net(nd.array(random.randn(4, 16) * 1e-14))).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
