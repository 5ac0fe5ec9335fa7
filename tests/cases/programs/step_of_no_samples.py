"""trainer.step(n) with n, the number of valid samples as NumPy counts it, 0: gradients of 0 are rescaled by inf.

After https://github.com/NVIDIA/DeepLearningExamples/issues/543 (a loss scale of 0 and a division by it).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

np.seterr(all="ignore")
mx.random.seed(1)
random = np.random.RandomState(1)
net = nn.Dense(3, in_units=4)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "momentum": 0.9})
criterion = gluon.loss.SoftmaxCrossEntropyLoss()
for step in range(5):
    data, label = nd.array(random.randn(6, 4)), nd.array(random.randint(0, 3, 6))
    valid = (random.rand(6) < (0.7 if step < 2 else 0)).astype("float32")
    with autograd.record():
        loss = criterion(net(data), label, nd.array(valid[:, None]))
    loss.backward()
    trainer.step(valid.sum())
    print(repr(float(loss.sum().asscalar())))
