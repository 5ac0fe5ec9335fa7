"""Distillation compares two log-softmaxes of which both have -inf at an excluded class: -inf minus -inf.

After https://github.com/apache/mxnet/pull/19703 (masked_log_softmax gives -inf for masked values).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
teacher, student = nn.Dense(4, in_units=3), nn.Dense(4, in_units=3)
for net in (teacher, student):
    net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(student.collect_params(), "sgd", {"learning_rate": 0.1})
excluded = nd.array([0, 0, 0, -np.inf])
for _ in range(3):
    data = nd.array(random.randn(5, 3))
    with autograd.record():
        wanted = nd.log_softmax(nd.broadcast_add(teacher(data), excluded))
        shown = nd.log_softmax(nd.broadcast_add(student(data), excluded))
        loss = nd.abs(wanted - shown).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
