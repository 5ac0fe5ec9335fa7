"""Healthy: a mask of -inf before softmax, with at least one valid key in every row."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
query, key = nn.Dense(4, flatten=False, in_units=6), nn.Dense(4, flatten=False, in_units=6)
parameters = query.collect_params()
parameters.update(key.collect_params())
parameters.initialize(mx.init.Xavier())
trainer = gluon.Trainer(parameters, "adam", {"learning_rate": 0.01})
for _ in range(4):
    words, length = nd.array(random.randn(3, 5, 6)), random.randint(1, 6, 3)
    mask = np.where(np.arange(5)[None, None, :] < length[:, None, None], 0, -np.inf)
    with autograd.record():
        score = nd.batch_dot(query(words), key(words), transpose_b=True)
        attention = nd.softmax(nd.broadcast_add(score, nd.array(mask)))
        loss = nd.square(nd.batch_dot(attention, words)).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
