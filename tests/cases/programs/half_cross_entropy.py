"""A binary cross entropy from probabilities in float16: its eps of 1e-12 is 0 there.

After https://github.com/maudzung/RTM3D/issues/4 (clamp the sigmoid's output before the loss).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
weight = gluon.Parameter("weight", shape=(1, 4), dtype="float16")
weight.initialize(mx.init.One())
trainer = gluon.Trainer({"weight": weight}, "sgd", {"learning_rate": 0.1})
criterion = gluon.loss.SigmoidBinaryCrossEntropyLoss(from_sigmoid=True)
for step in range(4):
    data = nd.array(random.randn(6, 4) + 3 * step, dtype="float16")
    label = nd.array(random.randint(0, 2, (6, 4)), dtype="float16")
    with autograd.record():
        probability = nd.sigmoid(nd.broadcast_mul(data, weight.data()))
        loss = criterion(probability, label)
    loss.backward()
    trainer.step(6)
    print(repr(float(loss.astype("float32").mean().asscalar())))
