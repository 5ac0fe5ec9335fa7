"""A graph network: the adjacency is normalised beforehand by degree to the -0.5, and one node has no edge; inf * 0.

After https://github.com/stellargraph/stellargraph/issues/1015 (normalize_adj divides by zero for isolated vertices).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
edge = (random.rand(7, 7) > 0.5).astype("float32")
edge = np.maximum(edge, edge.T)
edge[4] = edge[:, 4] = 0
degree = nd.array(edge).sum(axis=1) ** -0.5
spread = nd.broadcast_mul(nd.broadcast_mul(degree.reshape((-1, 1)), nd.array(edge)), degree.reshape((1, -1)))
feature, label = nd.array(random.randn(7, 5)), nd.array(random.randint(0, 3, 7))
first, second = nn.Dense(6, in_units=5, activation="relu"), nn.Dense(3, in_units=6)
for layer in (first, second):
    layer.initialize(mx.init.Xavier())
parameters = first.collect_params()
parameters.update(second.collect_params())
trainer = gluon.Trainer(parameters, "adam", {"learning_rate": 0.01})
for _ in range(3):
    with autograd.record():
        output = nd.dot(spread, second(nd.dot(spread, first(feature))))
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(output, label)
    loss.backward()
    trainer.step(7)
    print(loss.asnumpy().tolist())
