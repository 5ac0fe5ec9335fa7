"""CTC with 6 steps and 4 symbols of which 3 repeat: 7 steps are needed. The loss is 0, the gradient is whatever lay in memory.

After https://github.com/apache/mxnet/blob/1.9.1/src/operator/nn/ctc_loss-inl.h, whose kernel returns early for such a sample.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(5, in_units=4, flatten=False)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-3})
criterion = gluon.loss.CTCLoss(layout="NTC")
for step in range(3):
    label = np.array([[0, 1, 2, -1], [3, 1, 3, 1], [2, 2, 0, -1]])
    if step == 2:
        label[1] = 3
    with autograd.record():
        loss = criterion(net(nd.array(random.randn(3, 6, 4))), nd.array(label))
    loss.backward()
    trainer.step(3)
    print(loss.asnumpy().tolist())
