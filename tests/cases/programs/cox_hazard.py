"""Cox's partial likelihood: log of the sum of exp(risk) over those still at risk, with a covariate that was not scaled.

General: survival models on covariates of different units.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Dense(6, in_units=3, activation="relu"), nn.Dense(1, in_units=6, use_bias=False))
net.initialize(mx.init.Uniform(0.5))
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adagrad", {"learning_rate": 0.01})
still = nd.array(np.triu(np.ones((8, 8))))
for step in range(3):
    data = random.rand(8, 3)
    if step == 2:
        data[3:5, 0] = [52000, -41000]
    with autograd.record():
        risk = net(nd.array(data)).reshape((-1,))
        alive = nd.log(nd.dot(still, nd.exp(risk)))
        loss = (alive - risk).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
