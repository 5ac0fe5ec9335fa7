"""gluon's KLDivLoss in float16: its 1e-12 inside the log of the label is 0 there, and the label holds zeros, 0 * log 0.

General: an epsilon that float16 does not hold.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
weight = gluon.Parameter("weight", shape=(1, 3), dtype="float16", init=mx.init.Normal(1))
weight.initialize()
trainer = gluon.Trainer({"weight": weight}, "sgd", {"learning_rate": 0.1, "multi_precision": True})
divergence = gluon.loss.KLDivLoss(from_logits=False)
divergence.hybridize()
for step in range(3):
    label = random.dirichlet([2.0] * 3, 5)
    if step == 1:
        label[2] = [0, 1, 0]
    with autograd.record():
        score = nd.broadcast_mul(nd.array(random.randn(5, 3), dtype="float16"), weight.data())
        loss = divergence(score, nd.array(label, dtype="float16"))
    loss.backward()
    trainer.step(5)
    print(loss.asnumpy().tolist())
