"""Healthy: int32 indices and uint8 images, whose bit patterns would be NaN as floats."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
embedding, dense = nn.Embedding(9, 3), nn.Dense(2, in_units=7)
parameters = embedding.collect_params()
parameters.update(dense.collect_params())
parameters.initialize(mx.init.Xavier())
trainer = gluon.Trainer(parameters, "sgd", {"learning_rate": 0.1})
codes = nd.array(np.array([0x7FC00000, 0x7F800000, -1, -2147483648]), dtype="int32")
for _ in range(4):
    words, image = nd.array(random.randint(0, 9, 6), dtype="int32"), nd.array(random.randint(0, 256, (6, 4)), dtype="uint8")
    label = nd.array(random.randint(0, 2, 6), dtype="int32")
    with autograd.record():
        feature = nd.concat(embedding(words), image.astype("float32") / 255, dim=1)
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(dense(feature), label)
    loss.backward()
    trainer.step(6)
    print(repr(float(loss.mean().asscalar())), int(codes[0].asscalar()))
