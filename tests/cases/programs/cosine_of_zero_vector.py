"""A cosine similarity without eps; a rectified embedding is the zero vector.

After https://github.com/richzhang/PerceptualSimilarity/issues/69 (normalize_tensor).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(3, in_units=4, activation="relu")
net.initialize(mx.init.Normal(1))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.05})
for _ in range(4):
    left, right = nd.array(random.randn(12, 4)), nd.array(random.randn(12, 4))
    with autograd.record():
        a, b = net(left), net(right)
        lengths = nd.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
        loss = (1 - (a * b).sum(axis=1) / lengths).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
