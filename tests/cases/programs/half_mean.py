"""The mean of 300 values of 256 in float16: it is 256, but the kernel sums in float16, and 76800 is beyond it.

After https://github.com/apache/mxnet/issues/14073 (reductions of float16 should be done in float32).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
gain = gluon.Parameter("gain", shape=(1, 1), dtype="float16")
gain.initialize(mx.init.One())
trainer = gluon.Trainer({"gain": gain}, "sgd", {"learning_rate": 1e-3})
for size in (100, 200, 300):
    signal = nd.array(random.rand(2, size) + 255.5, dtype="float16")
    with autograd.record():
        level = nd.mean(nd.broadcast_mul(signal, gain.data()), axis=1)
        loss = nd.abs(level - 250)
    loss.backward()
    trainer.step(2)
    print(loss.asnumpy().tolist())
