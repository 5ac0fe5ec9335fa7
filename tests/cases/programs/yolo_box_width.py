"""A box decoder: anchor * exp(tw), before any learning rate warm-up could keep tw small.

After https://github.com/dmlc/gluon-cv/issues/278 (loss=nan when training YOLO3; warm-up).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
head = nn.Conv2D(4, 1, in_channels=6)
head.initialize(mx.init.Xavier())
trainer = gluon.Trainer(head.collect_params(), "sgd", {"learning_rate": 1.6, "momentum": 0.9})
anchor = nd.array([40.0, 90.0]).reshape((1, 2, 1, 1))
for _ in range(5):
    feature, size = nd.array(random.rand(2, 6, 4, 4)), nd.array(random.rand(2, 2, 4, 4) * 200)
    with autograd.record():
        output = head(feature)
        centre = nd.sigmoid(nd.slice_axis(output, axis=1, begin=0, end=2))
        scale = nd.exp(nd.slice_axis(output, axis=1, begin=2, end=4))
        loss = nd.abs(nd.broadcast_mul(scale, anchor) - size).mean() + nd.square(centre - 0.5).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
