"""Healthy: an LSTM's state is carried over batches and detached, with gradient clipping by the global norm."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn

mx.random.seed(1)
random = np.random.RandomState(1)
layer, head = rnn.LSTM(6, input_size=4), nn.Dense(5, in_units=6, flatten=False)
embedding = nn.Embedding(5, 4)
parameters = embedding.collect_params()
for block in (embedding, layer, head):
    block.initialize(mx.init.Xavier())
    parameters.update(block.collect_params())
trainer = gluon.Trainer(parameters, "sgd", {"learning_rate": 1.0})
state = layer.begin_state(batch_size=3)
for _ in range(5):
    word = nd.array(random.randint(0, 5, (8, 3)))
    state = [each.detach() for each in state]
    with autograd.record():
        output, state = layer(embedding(word[:-1]), state)
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(head(output).reshape((-1, 5)), word[1:].reshape((-1,)))
    loss.backward()
    gluon.utils.clip_global_norm([each.grad() for each in parameters.values()], 0.25 * 21)
    trainer.step(21)
    print(repr(float(nd.exp(loss.mean()).asscalar())))
