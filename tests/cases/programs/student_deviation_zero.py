"""Student-t likelihood of a forecaster: the scale head is rectified, and (x - mean) / scale is divided by 0.

General: a scale head without a softplus.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn

mx.random.seed(1)
random = np.random.RandomState(1)
layer = rnn.GRU(6, input_size=1)
head = nn.Dense(2, in_units=6, flatten=False)
for block in (layer, head):
    block.initialize(mx.init.Xavier())
parameters = layer.collect_params()
parameters.update(head.collect_params())
trainer = gluon.Trainer(parameters, "adam", {"learning_rate": 0.01})
for step in range(4):
    series = nd.array(random.randn(7, 4, 1))
    if step == 1:
        head.bias.set_data(nd.array([0, -5]))
    with autograd.record():
        output = head(layer(series[:-1]))
        mean, scale = output[:, :, 0:1], nd.relu(output[:, :, 1:2] + 2)
        apart = (series[1:] - mean) / scale
        loss = (2 * nd.log1p(nd.square(apart) / 3)).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
