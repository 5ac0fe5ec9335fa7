"""Healthy: where and minimum take inf as a bound that is never reached; sequence lengths of 0 under SequenceMask."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import rnn

mx.random.seed(1)
random = np.random.RandomState(1)
layer, dense = rnn.GRU(4, input_size=3), gluon.nn.Dense(1, in_units=4)
for block in (layer, dense):
    block.initialize(mx.init.Xavier())
parameters = layer.collect_params()
parameters.update(dense.collect_params())
trainer = gluon.Trainer(parameters, "adam", {"learning_rate": 0.01})
for _ in range(3):
    data, length = nd.array(random.randn(5, 4, 3)), nd.array([0, 2, 5, 1])
    with autograd.record():
        output = nd.SequenceMask(layer(data), length, use_sequence_length=True).sum(axis=0)
        output = nd.minimum(dense(output), nd.full((4, 1), np.inf))
        loss = nd.square(output - 1).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
