"""The angle between unit vectors by arccos; a cosine of 1.0000001 is outside its domain.

After https://github.com/THUFutureLab/gluon-face/issues/37 (ArcLoss is nan) and https://github.com/JDAI-CV/fast-reid/issues/111.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(6, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for _ in range(3):
    with autograd.record():
        unit = nd.L2Normalization(net(nd.array(random.randn(40, 4))))
        cosine = nd.dot(unit, unit, transpose_b=True)
        angle = nd.arccos(cosine)
        loss = nd.relu(1 - angle).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
