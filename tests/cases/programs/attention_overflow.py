"""Attention scores from queries and keys of 1e20: batch_dot overflows before softmax can help.

After https://github.com/google/flax/issues/982 (scores beyond the dtype's range).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
query, key = nn.Dense(4, flatten=False, in_units=3), nn.Dense(4, flatten=False, in_units=3)
parameters = query.collect_params()
parameters.update(key.collect_params())
parameters.initialize(mx.init.Xavier())
trainer = gluon.Trainer(parameters, "sgd", {"learning_rate": 0.01})
for step in range(3):
    words = nd.array(random.randn(2, 5, 3) * (1e20 if step == 1 else 1))
    with autograd.record():
        weights = nd.softmax(nd.batch_dot(query(words), key(words), transpose_b=True))
        loss = nd.square(weights - 0.2).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
