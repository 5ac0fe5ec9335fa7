"""Gumbel noise -log(-log(u)) in float16: u rounds to 1, the inner log is 0.

After https://github.com/pytorch/pytorch/issues/795 (logs of rounded probabilities); the noise is that of the Gumbel softmax.
"""

import mxnet as mx
from mxnet import autograd, gluon, nd

mx.random.seed(1)
logits = gluon.Parameter("logits", shape=(1, 5))
logits.initialize(mx.init.Zero())
trainer = gluon.Trainer({"logits": logits}, "sgd", {"learning_rate": 0.1})
for _ in range(4):
    with autograd.record():
        uniform = nd.random.uniform(0.0001, 1, shape=(2000, 5)).astype("float16")
        noise = -nd.log(-nd.log(uniform)).astype("float32")
        sample = nd.softmax(nd.broadcast_add(logits.data(), noise))
        loss = nd.square(sample - 0.2).mean()
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
