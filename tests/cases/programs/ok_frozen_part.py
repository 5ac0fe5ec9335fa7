"""Healthy: a frozen encoder gives -inf for absent tokens, which a max over the tokens drops before the trained head."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
encoder, head = nn.Dense(5, in_units=4, flatten=False), nn.Dense(2, in_units=5)
for block in (encoder, head):
    block.initialize(mx.init.Xavier())
encoder.collect_params().setattr("grad_req", "null")
trainer = gluon.Trainer(head.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(4):
    word, present = nd.array(random.randn(3, 6, 4)), random.rand(3, 6, 1) > 0.4
    present[:, 0] = True
    bias = nd.array(np.where(present, 0, -np.inf))
    with autograd.record():
        pooled = nd.broadcast_add(encoder(word), bias).max(axis=1)
        loss = gluon.loss.SoftmaxCrossEntropyLoss()(head(pooled), nd.array(random.randint(0, 2, 3)))
    loss.backward()
    trainer.step(3)
    print(loss.asnumpy().tolist())
