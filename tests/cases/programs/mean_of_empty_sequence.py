"""The mean over the valid steps of each sequence; one sequence of the batch is empty.

After https://github.com/d2l-ai/d2l-en/pull/2423 (valid length is 0).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
embedding, dense = nn.Embedding(12, 5), nn.Dense(2, in_units=5)
for layer in (embedding, dense):
    layer.initialize(mx.init.Xavier())
parameters = embedding.collect_params()
parameters.update(dense.collect_params())
trainer = gluon.Trainer(parameters, "adam", {"learning_rate": 0.01})
for step in range(4):
    words, label = nd.array(random.randint(0, 12, (4, 6))), nd.array(random.randint(0, 2, 4))
    length = random.randint(1, 7, 4)
    if step == 2:
        length[3] = 0
    length = nd.array(length)
    with autograd.record():
        steps = nd.SequenceMask(nd.swapaxes(embedding(words), 0, 1), length, use_sequence_length=True)
        mean = nd.broadcast_div(steps.sum(axis=0), length.expand_dims(1))
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(dense(mean), label)
    loss.backward()
    trainer.step(4)
    print(repr(float(loss.mean().asscalar())))
