"""A table of word vectors has a row of NaN for a word that the batch does not use: the loss and all gradients are finite.

After https://github.com/apache/mxnet/issues/11314 (NaN rows in Embedding).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
vectors = random.randn(20, 4)
vectors[17] = np.nan
embedding, dense = nn.Embedding(20, 4), nn.Dense(2, in_units=4)
for layer in (embedding, dense):
    layer.initialize(mx.init.Xavier())
embedding.weight.set_data(nd.array(vectors))
parameters = embedding.collect_params()
parameters.update(dense.collect_params())
trainer = gluon.Trainer(parameters, "sgd", {"learning_rate": 0.1})
for _ in range(3):
    words, label = nd.array(random.randint(0, 10, (4, 3))), nd.array(random.randint(0, 2, 4))
    with autograd.record():
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(dense(embedding(words).mean(axis=1)), label)
    loss.backward()
    trainer.step(4)
    print(repr(float(loss.mean().asscalar())))
