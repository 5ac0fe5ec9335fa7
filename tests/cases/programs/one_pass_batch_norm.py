"""A batch normalisation written with E[x^2] - E[x]^2 + eps under rsqrt.

After https://github.com/auroua/InsightFace_TF/issues/12 (many normalisations, little variance: nan).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)


class Norm(nn.HybridBlock):
    def hybrid_forward(self, F, x):
        mean = F.mean(x, axis=0, keepdims=True)
        variance = F.mean(F.square(x), axis=0, keepdims=True) - F.square(mean)
        return F.broadcast_mul(F.broadcast_sub(x, mean), F.rsqrt(variance + 1e-5))


net = nn.HybridSequential()
net.add(nn.Dense(6, in_units=3), Norm(), nn.Dense(2, in_units=6))
net.initialize(mx.init.Xavier())
net[0].bias.set_data(nd.array([0, 100, 200, 300, 400, 500]))
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for _ in range(3):
    data, label = nd.array(0.001 * random.randn(12, 3)), nd.array(random.randint(0, 2, 12))
    with autograd.record():
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(net(data), label).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
