"""Two devices share a batch; the log of 0 is in the half of the second.

After https://github.com/dmlc/gluon-cv/issues/142 (nan in training on --gpus 0,1).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
devices = [mx.cpu(0), mx.cpu(1)]
net = nn.Dense(3, in_units=4, activation="sigmoid")
net.initialize(mx.init.Xavier(), ctx=devices)
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for step in range(4):
    weight = random.rand(8, 3) + 0.1
    if step == 2:
        weight[6, 1] = 0
    data = gluon.utils.split_and_load(nd.array(random.randn(8, 4)), devices)
    weight = gluon.utils.split_and_load(nd.array(weight), devices)
    with autograd.record():
        losses = [-nd.log(net(x) * w).mean() for x, w in zip(data, weight)]
    for loss in losses:
        loss.backward()
    trainer.step(2)
    print([float(loss.asscalar()) for loss in losses])
