"""CTC labels padded with -1 although the first class is the blank, where 0 is the padding: -1 is taken for a symbol.

After the documentation of mx.nd.CTCLoss, which has the two paddings the wrong way round.
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
for step in range(3):
    label = np.array([[4, 1, 2, 0], [3, 1, 3, 1], [2, 2, 0, 0]])
    if step == 2:
        label[0, 3] = -1
    with autograd.record():
        logits = net(nd.array(random.randn(6, 3, 4)))
        loss = nd.CTCLoss(logits, nd.array(label), blank_label="first").mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
