"""A detection loss divided by the number of positive anchors; an image without objects has none.

After https://github.com/dmlc/gluon-cv/issues/142 (SmoothL1=nan in SSD) and https://github.com/pjreddie/darknet/issues/566.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
head = nn.Dense(4, flatten=False, in_units=8)
head.initialize(mx.init.Xavier())
trainer = gluon.Trainer(head.collect_params(), "sgd", {"learning_rate": 0.01})
for step in range(5):
    anchors, boxes = nd.array(random.randn(2, 10, 8)), nd.array(random.randn(2, 10, 4))
    positive = random.rand(2, 10) > (0.5 if step < 3 else 1)
    positive = nd.array(positive)
    with autograd.record():
        distance = nd.smooth_l1(head(anchors) - boxes, scalar=1).sum(axis=-1) * positive
        loss = distance.sum() / positive.sum()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
