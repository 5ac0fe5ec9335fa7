"""The sum of squared errors over an image in float16: it passes 65504.

After https://github.com/apache/mxnet/issues/11403 (norms of float16 arrays go to nan).
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(1)
random = np.random.RandomState(1)
gain = gluon.Parameter("gain", shape=(1, 1), dtype="float16")
gain.initialize(mx.init.One())
trainer = gluon.Trainer({"gain": gain}, "sgd", {"learning_rate": 1e-5})
for step in range(3):
    image = nd.array(random.rand(2, 400) * (5 if step < 1 else 40), dtype="float16")
    with autograd.record():
        error = nd.square(nd.broadcast_mul(image, gain.data()))
        loss = nd.sum(error, axis=1)
    loss.backward()
    trainer.step(2)
    print(loss.asnumpy().tolist())
