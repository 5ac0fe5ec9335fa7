"""A diversity term, the deviation over the batch; the last batch of the epoch has one sample, so the deviation is 0.

After https://github.com/apache/mxnet/issues/18751 (a batch size of 1 results in a NaN).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

mx.random.seed(1)
random = np.random.RandomState(1)
dataset = gluon.data.ArrayDataset(random.randn(13, 5).astype("float32"), random.randn(13, 1).astype("float32"))
loader = gluon.data.DataLoader(dataset, batch_size=4, last_batch="keep")
net = nn.Dense(3, in_units=5)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.05})
for data, target in loader:
    with autograd.record():
        output = net(data)
        centred = output - output.mean(axis=0, keepdims=True)
        deviation = centred.square().mean(axis=0).sqrt()
        loss = (output.mean(axis=1, keepdims=True) - target).square().mean() - 0.1 * deviation.mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
