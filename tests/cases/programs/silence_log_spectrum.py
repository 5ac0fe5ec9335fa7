"""A logarithmic spectrum of digital silence, made in NumPy: -inf.

After https://github.com/jsleep/wav2mid/issues/3 (one recording turns the loss to nan).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

np.seterr(all="ignore")
mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.HybridSequential()
net.add(nn.Dense(8, activation="sigmoid"), nn.Dense(2))
net.initialize(mx.init.Xavier())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
criterion = gluon.loss.SoftmaxCrossEntropyLoss()
for step in range(5):
    waves = random.randn(6, 32)
    if step == 2:
        waves[3] = 0
    spectrum = np.log(np.abs(np.fft.rfft(waves)) ** 2)
    label = nd.array(random.randint(0, 2, 6))
    with autograd.record():
        loss = criterion(net(nd.array(spectrum)), label).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
