"""gluon.rnn.RNN with rectified units and recurrent weights of norm 4: the state is beyond float32 after some 70 steps.

After https://github.com/zackchase/mxnet-the-straight-dope/pull/90 (training rnn_relu gives NaN in the loss).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn

mx.random.seed(1)
random = np.random.RandomState(1)
layer = rnn.RNN(8, activation="relu", input_size=3)
layer.initialize(mx.init.Constant(0.5))
head = nn.Dense(1, in_units=8)
head.initialize(mx.init.Xavier())
parameters = layer.collect_params()
parameters.update(head.collect_params())
trainer = gluon.Trainer(parameters, "sgd", {"learning_rate": 1e-9})
for step in range(3):
    sequence = random.rand(10 if step < 2 else 90, 2, 3)
    with autograd.record():
        output = layer(nd.array(sequence))
        loss = nd.abs(head(output[-1])).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
