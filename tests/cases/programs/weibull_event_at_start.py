"""A Weibull survival model: an event at time 0 has log 0 inside the likelihood.

After https://github.com/ragulpr/wtte-rnn/issues/33 (zeros among the times to an event make NaN in the continuous loss).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


class Weibull(gluon.loss.Loss):
    def __init__(self, **kwargs):
        super().__init__(None, 0, **kwargs)

    def hybrid_forward(self, F, output, time, event):
        scale, shape = F.split(F.Activation(output, act_type="softrelu"), axis=1, num_outputs=2)
        ratio = F.log(time / scale)
        hazard = F.log(shape) - F.log(scale) + (shape - 1) * ratio
        return F.mean(F.exp(shape * ratio) - event * hazard, axis=0, exclude=True)


mx.random.seed(1)
random = np.random.RandomState(1)
net, loss_of = nn.HybridSequential(), Weibull()
net.add(nn.Dense(8, in_units=4, activation="tanh"), nn.Dense(2, in_units=8))
net.initialize(mx.init.Xavier())
net.hybridize()
loss_of.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
for step in range(4):
    time = random.exponential(2.0, (6, 1)) + 0.01
    if step == 2:
        time[5] = 0
    with autograd.record():
        loss = loss_of(net(nd.array(random.randn(6, 4))), nd.array(time), nd.array(random.randint(0, 2, (6, 1)) | (time < 1)))
    loss.backward()
    trainer.step(6)
    print(loss.asnumpy().tolist())
