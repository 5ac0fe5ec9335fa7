"""Three losses read one hidden value: each sends a gradient that float32 holds, and where they meet the sum is 4.4e38.

General: several large weights on losses of one network.
"""

import mxnet as mx
from mxnet import autograd, gluon, nd

mx.random.seed(1)
weight = gluon.Parameter("weight", shape=(1, 3), init=mx.init.One())
weight.initialize()
trainer = gluon.Trainer({"weight": weight}, "sgd", {"learning_rate": 1e-20})
for step in range(3):
    scale = 1.0 if step < 2 else 1e38
    with autograd.record():
        hidden = nd.tanh(weight.data()) * 1e-20
        loss = (hidden * (2 * scale)).sum() + (hidden * (2.5 * scale)).sum() - (hidden * (0.1 * scale)).sum()
    loss.backward()
    trainer.step(1)
    print(loss.asnumpy().tolist())
