"""Average pooling of volumes that counts no padding: at size 3 the last window lies in the padding as a whole, 0 divided by 0.

The operator's limit, not from a report: Pooling with count_include_pad=False and pooling_convention="full".
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(1, in_units=1, flatten=False)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
for size in (5, 5, 3):
    data = nd.array(random.randn(2, 1, size, size, size, 1))
    with autograd.record():
        volume = net(data).reshape((2, 1, size, size, size))
        pooled = nd.Pooling(
            volume,
            kernel=(2, 2, 2),
            stride=(4, 4, 4),
            pad=(1, 1, 1),
            pool_type="avg",
            pooling_convention="full",
            count_include_pad=False,
        )
        loss = nd.square(pooled).mean()
    loss.backward()
    trainer.step(2)
    print(repr(float(loss.asscalar())))
