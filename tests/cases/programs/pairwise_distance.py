"""Pairwise distances as sqrt(a.a + b.b - 2 a.b): rounding makes a vector's squared distance to itself negative.

After https://github.com/deepinsight/insightface/issues/696 (mining triplets by distances of embeddings).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(16, in_units=8)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.001})
for _ in range(3):
    with autograd.record():
        vector = net(nd.array(random.randn(30, 8))) * 10 + 50
        inner = nd.dot(vector, vector, transpose_b=True)
        square = nd.square(vector).sum(axis=1)
        squared = nd.broadcast_add(square.expand_dims(1), square.expand_dims(0)) - 2 * inner
        loss = nd.relu(5 - nd.sqrt(squared)).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
