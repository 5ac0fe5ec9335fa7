"""A forecaster divides each series by its mean absolute value; one series is all zeros.

After https://github.com/awslabs/gluonts/issues/1796 (sparse series, NaN losses).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import rnn

mx.random.seed(1)
random = np.random.RandomState(1)
cell, dense = rnn.GRUCell(6, input_size=1), gluon.nn.Dense(1, in_units=6)
for block in (cell, dense):
    block.initialize(mx.init.Xavier())
parameters = cell.collect_params()
parameters.update(dense.collect_params())
trainer = gluon.Trainer(parameters, "adam", {"learning_rate": 0.01})
for step in range(3):
    series = random.poisson(4, (4, 7))
    if step == 1:
        series[2] = 0
    series = nd.array(series)
    with autograd.record():
        scale = nd.mean(nd.abs(series), axis=1, keepdims=True)
        scaled = nd.broadcast_div(series, scale)
        outputs, _ = cell.unroll(6, scaled[:, :6].expand_dims(2), merge_outputs=True)
        loss = nd.square(dense(outputs[:, -1]) - scaled[:, 6:]).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
