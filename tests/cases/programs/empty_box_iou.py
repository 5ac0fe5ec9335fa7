"""An intersection-over-union loss: a predicted box and a labelled box both have no area.

After https://github.com/YunYang1994/tensorflow-yolov3/issues/225 (where is nan from?).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(2, in_units=5, activation="relu")
net.initialize(mx.init.Normal(0.5))
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.001})
for step in range(4):
    data, size = nd.array(random.randn(10, 5)), random.rand(10, 2)
    if step == 1:
        size[:, 0] = 0
    size = nd.array(size)
    with autograd.record():
        shown = net(data)
        least = nd.minimum(shown, size)
        common = least[:, 0] * least[:, 1]
        union = (shown[:, 0] * shown[:, 1]) + (size[:, 0] * size[:, 1]) - common
        loss = (1 - common / union).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
